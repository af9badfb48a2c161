package text

import "testing"

func TestSentences(t *testing.T) {
	for s, want := range map[string]int{
		"": 0, " \n. !": 0, "Hello": 1, "One. Two! Three?": 3, "Really?! Yes.": 2,
		"Dr. Smith met J. Doe at 3.5 km. He left.":                2,
		"flat. i was like that.":                                  2,
		"1. First thing\n2. Second thing.":                        1,
		"He said \"No.\" Then he left.":                           2,
		"東京です。大阪です！":                                              2,
		"# Title\n\nOne sentence.":                                1,
		"See example.com for more.":                               1,
		"I met Mr. Smith on Jan. 5. He left.":                     2,
		"It began in Jan. He left.":                               2,
		"He said no. 5 people left.":                              2,
		"See No. 5 of it.":                                        1,
		"See pp. 5 and 6.":                                        1,
		"We moved to Washington D.C. last year. It is nice.":      2,
		"We moved to Washington D.C. It is nice.":                 2,
		"It opens at 5 p.m. today. Bring apples, etc. for lunch.": 2,
		"Wait... what? (Nothing.)":                                3,
	} {
		if got := Sentences(s); got != want {
			t.Errorf("%q: %d sentences, want %d", s, got, want)
		}
	}
	if got := Tokens("abcde"); got != 2 {
		t.Errorf("5 bytes: %d tokens, want 2", got)
	}
}

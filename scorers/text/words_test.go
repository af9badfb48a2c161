package text

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/clipperhouse/uax29/v2/words"
	"pgregory.net/rapid"
)

func TestWords(t *testing.T) {
	for _, c := range []struct{ s, want, reason string }{
		{"", "", "nothing"},
		{" .,!? \n", "", "no letter and no digit"},
		{"Don't stop: it's 3,000.5!", "don't|stop|it's|3,000.5", "an apostrophe and a point inside of a word"},
		{"snake_case e.g. a_ _ __", "snake_case|e.g|a_", "an underscore joins and is no word alone"},
		{"state-of-the-art", "state|of|the|art", "a hyphen separates"},
		{"x,y 1,2 1;2 a;b a:b 1:2", "x|y|1,2|1;2|a|b|a:b|1|2", "what joins letters and what joins digits"},
		{"東京タワー and 서울시", "東|京|タワー|and|서울시", "Han by character, Katakana and Hangul by run"},
		{"Ünïcode ÉTÉ e\u0301te\u0301", "ünïcode|été|e\u0301te\u0301", "marks stay with their letters"},
		{"\xffabc\xfe 12", "abc|12", "invalid bytes end a word"},
		{"i\u0307\xc3", "i\u0307", "a code point that is cut off at the end"},
		{"½ ² Ⅷ", "½|²|ⅷ", "numbers of other kinds"},
	} {
		if got := strings.Join(Words(c.s), "|"); got != c.want {
			t.Errorf("%s: Words(%q) = %s, want %s", c.reason, c.s, got, c.want)
		}
	}
}

// TestWordsAreUAX29 holds the short ways for ASCII and for stretches between
// blanks to the segmentation of the whole text.
func TestWordsAreUAX29(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		low := Lower(anyText().Draw(t, "s"))
		var want []string
		for it := words.FromString(strings.ToValidUTF8(low, "\uFFFD")); it.Next(); {
			if w := it.Value(); hasLetterOrDigit(w) {
				want = append(want, w)
			}
		}
		if got := WordsOfLower(low); !slices.Equal(got, want) {
			t.Fatalf("%q: got %q, want %q", low, got, want)
		}
	})
}

func TestASCIIWords(t *testing.T) {
	for _, c := range []struct{ s, want, reason string }{
		{"Don't stop_it: 3,000.5", "don|t|stop|it|3|000|5", "everything but a-z and 0-9 separates"},
		{"Ünïcode 東京 K İx", "n|code|k|i|x", "the Kelvin sign is a k, a dotted I an i and a mark"},
		{"東京", "", "other scripts give nothing"},
	} {
		if got := strings.Join(ASCIIWords(c.s), "|"); got != c.want {
			t.Errorf("%s: ASCIIWords(%q) = %s, want %s", c.reason, c.s, got, c.want)
		}
	}
	separators := regexp.MustCompile(`[^a-z0-9]+`)
	rapid.Check(t, func(t *rapid.T) { // the reference's definition, word for word
		s := anyText().Draw(t, "s")
		want := strings.Fields(separators.ReplaceAllString(Lower(s), " "))
		if got := ASCIIWords(s); !slices.Equal(got, want) {
			t.Fatalf("%q: got %q, want %q", s, got, want)
		}
	})
}

func TestAnswerWords(t *testing.T) {
	for _, c := range []struct{ s, want, reason string }{
		{"The U.S. is a nation.", "us|is|nation", "punctuation leaves no gap, articles go"},
		{"an apple, the APPLE!", "apple|apple", "case and ends"},
		{"state-of-the-art", "stateoftheart", "as the SQuAD script has it"},
		{"$5 50% #1", "5|50|1", "symbols too"},
		{"a the an", "", "nothing but articles"},
		{"«Été», été…", "été|été", "Unicode punctuation"},
		{"e\u0301te\u0301 été", "été|été", "composed or not"},
		{"東京は、日本の首都。", "東|京|は|日|本|の|首|都", "scripts without blanks by letter"},
		{"サーバー3台", "サ|ー|バ|ー|3|台", "and digits beside them"},
		{"ในกรุง", "ใ|น|ก|รุ|ง", "a mark stays with its letter"},
		{"x\u2028y\u00a0z", "x|y|z", "every Unicode blank separates"},
		{"a\xffb", "a\xffb", "an invalid byte is kept"},
	} {
		if got := strings.Join(AnswerWords(c.s), "|"); got != c.want {
			t.Errorf("%s: AnswerWords(%q) = %q, want %q", c.reason, c.s, got, c.want)
		}
	}
}

// TestAnswerWordsAreSQuADs holds ASCII to normalize_answer of the SQuAD script,
// written down step by step.
func TestAnswerWordsAreSQuADs(t *testing.T) {
	const punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
	articles := regexp.MustCompile(`\b(a|an|the)\b`)
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`([ -~\t\n]|the |a |An |[a-z]{1,5} ?){0,40}`).Draw(t, "s")
		low := strings.ToLower(s)
		low = strings.Map(func(r rune) rune {
			if strings.ContainsRune(punctuation, r) {
				return -1
			}
			return r
		}, low)
		want := strings.Fields(articles.ReplaceAllString(low, " "))
		if got := AnswerWords(s); !slices.Equal(got, want) {
			t.Fatalf("%q: got %q, want %q", s, got, want)
		}
	})
}

func FuzzWords(f *testing.F) {
	seeds := []string{"The quick brown fox", "don't 3,000.5 e.g. a:b _", "東京は、日本の首都。サーバー", "e\u0301\xff\x00İΣ", "👩\u200d👩\u200d👧 🇯🇵"}
	for _, s := range seeds {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for name, cut := range map[string]func(string) []string{"Words": Words, "ASCIIWords": ASCIIWords, "AnswerWords": AnswerWords} {
			tokens, bytes := cut(s), 0
			for _, w := range tokens {
				if w == "" {
					t.Fatalf("%s(%q) holds an empty word", name, s)
				}
				bytes += len(w)
			}
			// Lower case and composition at most triple a text.
			if bytes > 3*len(s)+3 {
				t.Fatalf("%s(%q) holds more than the text: %q", name, s, tokens)
			}
			if !slices.Equal(tokens, cut(s)) {
				t.Fatalf("%s(%q) differs from itself", name, s)
			}
			Stem(tokens)
		}
	})
}

package text

import (
	"compress/gzip"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// referenceText is what js-rouge makes of one text.
type referenceText struct {
	ID, Side          string
	Tokens, Sentences []string
}

// decodeParity reads a compressed file of the reference, one value a line.
func decodeParity[T any](t *testing.T, name string) (all []T) {
	f, err := os.Open(filepath.Join(parityDir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	for d := json.NewDecoder(z); d.More(); {
		var one T
		if err := d.Decode(&one); err != nil {
			t.Fatal(err)
		}
		all = append(all, one)
	}
	return all
}

// TestTreebankWordsAreTheReference holds the tokens of all texts to js-rouge's.
func TestTreebankWordsAreTheReference(t *testing.T) {
	pairs := parityPairs(t)
	texts := decodeParity[referenceText](t, "tokens.jsonl.gz")
	for _, want := range texts {
		s := pairs[want.ID].Hyp
		if want.Side == "ref" {
			s = pairs[want.ID].Ref
		}
		if got := TreebankWords(s); !slices.Equal(got, want.Tokens) {
			t.Errorf("%s, %s: %q, want %q", want.ID, want.Side, got, want.Tokens)
		}
	}
	if len(texts) != 2*len(pairs) {
		t.Errorf("%d texts were compared, want %d", len(texts), 2*len(pairs))
	}
}

// TestScoresOfJSRouge: given js-rouge's sentences, its scores are ours: clipped
// n-grams of the words of all sentences in a row, and ROUGE-L of summaries. Its
// way to find sentences is not offered.
func TestScoresOfJSRouge(t *testing.T) {
	pairs := parityPairs(t)
	sentences := map[string][][]string{}
	for _, text := range decodeParity[referenceText](t, "tokens.jsonl.gz") {
		for _, s := range text.Sentences {
			sentences[text.ID+text.Side] = append(sentences[text.ID+text.Side], TreebankWords(s))
		}
	}
	type score struct {
		ID, Metric, Source string
		Score              float64
		Error              string
		Settings           struct {
			CaseSensitive bool
		}
	}
	compared := map[string]int{}
	for _, want := range decodeParity[score](t, "scores.jsonl.gz") {
		if !strings.HasPrefix(want.Source, "js-rouge") || !want.Settings.CaseSensitive || want.Metric == "rouge-s" {
			continue
		}
		compared[want.Metric]++
		if want.Error != "" {
			if p := pairs[want.ID]; strings.TrimSpace(p.Hyp) != "" && strings.TrimSpace(p.Ref) != "" {
				t.Errorf("%s %s: the reference has the error %q", want.ID, want.Metric, want.Error)
			}
			continue
		}
		hyp, ref := sentences[want.ID+"hyp"], sentences[want.ID+"ref"]
		var got float64
		if want.Metric == "rouge-l" {
			o, _, err := SummarySubsequence(t.Context(), hyp, ref)
			if err != nil {
				t.Fatal(err)
			}
			got = o.F1
		} else {
			ids := Numbered(slices.Concat(hyp...), slices.Concat(ref...))
			got = NGrams(ids[0], ids[1], int(want.Metric[6]-'0')).F1
		}
		if math.Abs(got-want.Score) > 1e-6 {
			t.Errorf("%s %s: %v, the reference has %v", want.ID, want.Metric, got, want.Score)
		}
	}
	for _, metric := range []string{"rouge-1", "rouge-2", "rouge-l"} {
		if compared[metric] != len(pairs) {
			t.Errorf("%s was compared %d times, want %d", metric, compared[metric], len(pairs))
		}
	}
}

// TestTreebankWords: the right-hand sides are those of js-rouge 3.2.3.
func TestTreebankWords(t *testing.T) {
	for _, c := range []struct{ s, want string }{
		{`He said "no." Then: 12:30, 1,000 at $5!`, "He|said|``|no.|''|Then|:|12:30|,|1,000|at|$|5|!"},
		{`It isn't John's; the dogs' can't, we'LL`, `It|is|n't|John|'s|;|the|dogs|'|ca|n't|,|we|'LL`},
		{`U.S. is in the U.S.`, `U.S.|is|in|the|U.S.`},
		{`xU.S.`, `xU.S|.`},
		{`wait... it ended....`, `wait|...|it|ended|...|.`},
		{`cannot-do 'Tis gonna'tis 'twas'tis wanna. wanna go d'ye`, `can|not|-do|'T|is|gon|na|'t|is|'t|was|'tis|wanna.|wan|na|go|d|'ye`},
		{`(a) [b] {c} <d> -- e---f`, `(|a|)|[|b|]|{|c|}|<|d|>|--|e|--|-f`},
		{`''quoted'' and ''not`, `''|quoted|''|and|''|not`},
		{"``a'' \"b\"", "``|a|''|``|b|''"},
		{`the end.)' `, `the|end|.|)|'`},
		{`It ended!"ʰ" x`, "It|ended|!|''|ʰ|``|x"},
		{`東京は、"首都"。`, "東京は、|``|首都|''|。"},
		{`'tiſ cannotx éd'ye`, `'t|iſ|cannotx|éd'ye`},
		{"\u0085\ufeff\n", ""},
	} {
		if got := strings.Join(TreebankWords(c.s), "|"); got != c.want {
			t.Errorf("%q: %s, want %s", c.s, got, c.want)
		}
	}
}

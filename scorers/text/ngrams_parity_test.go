package text

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNGramMetricsAreTheReferences holds ROUGE-N to google-research's rouge and to
// promptfoo's, and BLEU, chrF and chrF++ to sacrebleu (the commits are in the files), and GLEU to
// promptfoo's, to 1e-6 on every pair and in every setting that our definition has.
func TestNGramMetricsAreTheReferences(t *testing.T) {
	pairs := parityPairs(t)
	f, err := os.Open(filepath.Join(parityDir, "scores.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		t.Fatal(err)
	}
	compared := map[string]int{}
	for d := json.NewDecoder(z); d.More(); {
		var want struct {
			ID, Metric, Source string
			Score              float64
			Settings           struct {
				Stem          bool    `json:"use_stemmer"`
				Tok           string  `json:"tok"`
				Smooth        string  `json:"smooth"`
				Value         float64 `json:"smooth_value"`
				Effective     bool    `json:"effective_order"`
				Lower         bool    `json:"lowercase"`
				Chars         int     `json:"char_order"`
				Words         int     `json:"word_order"`
				Beta          float64 `json:"beta"`
				Whitespace    bool    `json:"whitespace"`
				Eps           bool    `json:"eps_smoothing"`
				Normalized    bool    `json:"normalized"`
				Asian         bool    `json:"asian_support"`
				CaseSensitive bool    `json:"case_sensitive"`
			}
		}
		if err := d.Decode(&want); err != nil {
			t.Fatal(err)
		}
		p, s := pairs[want.ID], want.Settings
		if s.Lower {
			p.Hyp, p.Ref = Lower(p.Hyp), Lower(p.Ref)
		}
		var got float64
		switch {
		case want.Source == "google-research rouge" && want.Metric < "rouge-4":
			hyp, ref := ASCIIWords(p.Hyp), ASCIIWords(p.Ref)
			if s.Stem {
				hyp, ref = Stem(hyp), Stem(ref)
			}
			ids := Numbered(hyp, ref)
			got = NGrams(ids[0], ids[1], int(want.Metric[6]-'0')).F1
		case want.Source == "sacrebleu" && want.Metric == "bleu":
			cut := map[string]func(string) []string{"13a": Tokens13a, "none": TokensNone, "intl": TokensIntl, "char": TokensChar, "zh": TokensZh}[s.Tok]
			ids := Numbered(cut(p.Hyp), cut(p.Ref))
			var common [MaxOrder]int
			CommonNGrams(ids[0], ids[1], common[:])
			got = 100 * BLEU(common, len(ids[0]), len(ids[1]), Smoothing(s.Smooth), s.Value, s.Effective)
		case strings.HasPrefix(want.Source, "promptfoo") && want.Metric == "rouge-n":
			ids := Numbered(TreebankWords(Lower(p.Hyp)), TreebankWords(Lower(p.Ref)))
			got = NGrams(ids[0], ids[1], 1).F1
		case strings.HasPrefix(want.Source, "promptfoo") && want.Metric == "gleu":
			ids := Numbered(BlankWordsOfLower(Lower(p.Hyp)), BlankWordsOfLower(Lower(p.Ref)))
			got = GLEU(ids[0], ids[1])
		case want.Source == "sacrebleu" && strings.HasPrefix(want.Metric, "chrf"):
			got = 100 * ChrF{Chars: s.Chars, Words: s.Words, Beta: s.Beta, Whitespace: s.Whitespace, Epsilon: s.Eps}.Score(p.Hyp, p.Ref)
		case want.Source == "google-research rouge" && want.Metric == "rouge-lsum":
			cut := func(s string) (sentences [][]string) {
				for _, l := range Lines(s) {
					words := ASCIIWords(l)
					if want.Settings.Stem {
						words = Stem(words)
					}
					sentences = append(sentences, words)
				}
				return sentences
			}
			o, whole, err := SummarySubsequence(t.Context(), cut(p.Hyp), cut(p.Ref))
			if err != nil || !whole {
				t.Fatalf("%s: whole %v, %v", want.ID, whole, err)
			}
			got = o.F1
		case want.Metric == "ter":
			if !s.CaseSensitive {
				p.Hyp, p.Ref = Lower(p.Hyp), Lower(p.Ref)
			}
			ids := Numbered(TERWords(p.Hyp, s.Normalized, s.Asian), TERWords(p.Ref, s.Normalized, s.Asian))
			edits, shifts, err := TranslationEdits(t.Context(), ids[0], ids[1])
			if err != nil || !shifts {
				t.Fatalf("%s: shifts %v, %v", want.ID, shifts, err)
			}
			switch {
			case len(ids[1]) > 0:
				got = 100 * float64(edits) / float64(len(ids[1]))
			case edits > 0:
				got = 100
			}
			if s.Asian {
				want.Metric = "ter of Asian scripts"
			}
		case strings.HasPrefix(want.Source, "promptfoo") && want.Metric == "bleu":
			ids := Numbered(TokensNone(Lower(p.Hyp)), TokensNone(Lower(p.Ref)))
			var common [MaxOrder]int
			CommonNGrams(ids[0], ids[1], common[:])
			got = BLEU(common, len(ids[0]), len(ids[1]), SmoothTiny, 1e-7, true)
			want.Metric = "promptfoo's bleu"
		case strings.HasPrefix(want.Source, "promptfoo") && want.Metric == "levenshtein":
			d, err := CodeUnitSimilarity(t.Context(), p.Hyp, p.Ref)
			if err != nil {
				t.Fatal(err)
			}
			got = float64(d.Distance)
		default:
			continue
		}
		compared[want.Metric]++
		if math.Abs(got-want.Score) > 1e-6 {
			t.Errorf("%s (%s) %s %+v: got %.8f, the reference has %.8f: %.80q and %.80q", want.ID, p.Kind, want.Metric, s, got, want.Score, p.Hyp, p.Ref)
		}
	}
	for metric, settings := range map[string]int{"rouge-1": 2, "rouge-2": 2, "rouge-3": 2, "bleu": 10, "chrf": 5, "chrf++": 2, "gleu": 1, "rouge-n": 1,
		"rouge-lsum": 2, "promptfoo's bleu": 1, "levenshtein": 1} {
		if compared[metric] != settings*len(pairs) {
			t.Errorf("%s was compared %d times, want %d", metric, compared[metric], settings*len(pairs))
		}
	}
	if compared["ter"] != 215+121+121 || compared["ter of Asian scripts"] != 121 {
		t.Errorf("ter was compared %d and %d times, want 457 and 121", compared["ter"], compared["ter of Asian scripts"])
	}
}

package text

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"
)

// parityDir holds scores that independent implementations gave; it stands
// beside the checkout and may be absent.
const parityDir = "../../../shared/parity"

type pair struct {
	ID   string `json:"id"`
	Hyp  string `json:"hyp"`
	Ref  string `json:"ref"`
	Kind string `json:"kind"`
}

func parityPairs(tb testing.TB) map[string]pair {
	tb.Helper()
	f, err := os.Open(filepath.Join(parityDir, "pairs.jsonl"))
	if errors.Is(err, fs.ErrNotExist) {
		tb.Skipf("no reference pairs at %s: this comparison with other implementations did not run", parityDir)
	}
	if err != nil {
		tb.Fatal(err)
	}
	defer f.Close()
	pairs := map[string]pair{}
	for d := json.NewDecoder(f); d.More(); {
		var p pair
		if err := d.Decode(&p); err != nil {
			tb.Fatal(err)
		}
		pairs[p.ID] = p
	}
	if len(pairs) == 0 {
		tb.Fatal("the file of pairs is empty")
	}
	return pairs
}

type referenceScore struct {
	ID       string `json:"id"`
	Metric   string `json:"metric"`
	Settings struct {
		Stem bool `json:"use_stemmer"`
	} `json:"settings"`
	Score     float64 `json:"score"`
	Precision float64 `json:"precision"`
	Recall    float64 `json:"recall"`
	Source    string  `json:"source"`
}

// TestSubsequenceIsRougeL holds precision, recall and F to google-research's
// rouge (commit 0c1bbe5), with and without its stemmer.
func TestSubsequenceIsRougeL(t *testing.T) {
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
	seen := map[bool]int{}
	for d := json.NewDecoder(z); d.More(); {
		var want referenceScore
		if err := d.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if want.Source != "google-research rouge" || want.Metric != "rouge-l" {
			continue
		}
		seen[want.Settings.Stem]++
		p := pairs[want.ID]
		hyp, ref := ASCIIWords(p.Hyp), ASCIIWords(p.Ref)
		if want.Settings.Stem {
			hyp, ref = Stem(hyp), Stem(ref)
		}
		ids := Numbered(hyp, ref)
		got, exact := Subsequence(ids[0], ids[1])
		if !exact || math.Abs(got.F1-want.Score) > 1e-6 || math.Abs(got.Precision-want.Precision) > 1e-6 || math.Abs(got.Recall-want.Recall) > 1e-6 {
			t.Errorf("%s (%s), stemmed %v: got %.7f %.7f %.7f, the reference has %.7f %.7f %.7f", want.ID, p.Kind,
				want.Settings.Stem, got.Precision, got.Recall, got.F1, want.Precision, want.Recall, want.Score)
		}
	}
	if seen[false] != len(pairs) || seen[true] != len(pairs) {
		t.Errorf("%d plain and %d stemmed reference scores for %d pairs", seen[false], seen[true], len(pairs))
	}
}

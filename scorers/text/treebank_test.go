package text

import (
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestTreebankWordsAreTheReference holds the tokens of all texts to js-rouge's.
func TestTreebankWordsAreTheReference(t *testing.T) {
	pairs := parityPairs(t)
	f, err := os.Open(filepath.Join(parityDir, "tokens.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	compared := 0
	for d := json.NewDecoder(z); d.More(); compared++ {
		var want struct {
			ID, Side string
			Tokens   []string
		}
		if err := d.Decode(&want); err != nil {
			t.Fatal(err)
		}
		s := pairs[want.ID].Hyp
		if want.Side == "ref" {
			s = pairs[want.ID].Ref
		}
		if got := TreebankWords(s); !slices.Equal(got, want.Tokens) {
			t.Errorf("%s, %s: %q, want %q", want.ID, want.Side, got, want.Tokens)
		}
	}
	if compared != 2*len(pairs) {
		t.Errorf("%d texts were compared, want %d", compared, 2*len(pairs))
	}
}

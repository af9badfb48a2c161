package lexicon

import (
	"testing"

	"github.com/klauspost/compress/zstd"
)

func builtIn(tb testing.TB) *Lexicon {
	tb.Helper()
	l, err := English()
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

// TestRelate: pairs as WordNet 3.1 has them, looked up in its browser.
func TestRelate(t *testing.T) {
	l := builtIn(t)
	for _, c := range []struct {
		a, b string
		want Relation
	}{
		{"firm", "house", Similar},
		{"costs", "expenses", Similar},
		{"reduce", "decreased", Similar},
		{"fast", "quick", Similar},
		{"Russia", "x", Unrelated},
		{"went", "go", Similar},
		{"children", "child", Similar},
		{"car", "auto", Similar},
		{"car", "vehicle", Unrelated}, // two steps apart
		{"hot", "cold", Opposite},
		{"increase", "decrease", Opposite},
		{"increased", "decreases", Opposite},
		{"rapid", "slow", Opposite}, // through fast
		{"decline", "increase", Opposite},
		{"refundable", "nonrefundable", Opposite},
		{"harmful", "harmless", Opposite},
		{"include", "exclude", Opposite},
		{"table", "banana", Unrelated},
		{"qqqq", "wwww", Unrelated},
	} {
		a, b := l.Look(c.a), l.Look(c.b)
		if got := Relate(a, b); got != c.want {
			t.Errorf("%s and %s: %v, want %v", c.a, c.b, got, c.want)
		}
		if Relate(a, b) != Relate(b, a) {
			t.Errorf("%s and %s: not symmetric", c.a, c.b)
		}
	}
	if w := l.Look("table"); !w.Noun || !w.Known {
		t.Errorf("table: %+v", w)
	}
	if w := l.Look("provide"); w.Noun {
		t.Errorf("provide is a verb")
	}
}

func TestDamagedLexicon(t *testing.T) {
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, plain := range []string{"", "\x05", "\x05\x01\x09", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"} {
		if _, err := read(enc.EncodeAll([]byte(plain), nil)); err == nil {
			t.Errorf("%q was read", plain)
		}
	}
	if _, err := read([]byte("no zstd")); err == nil {
		t.Error("text was read")
	}
}

func BenchmarkRead(b *testing.B) {
	for b.Loop() {
		if _, err := read(english); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRelate(b *testing.B) {
	l := builtIn(b)
	for b.Loop() {
		Relate(l.Look("reduced"), l.Look("decreasing"))
	}
}

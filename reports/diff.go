package reports

import (
	"strings"
	"time"

	"github.com/clipperhouse/uax29/v2/words"
	"github.com/sergi/go-diff/diffmatchpatch"
)

// A long pair of outputs is cut before it is compared: a reader does not read
// more of it in a report.
const (
	maxDiffed = 6000
	keepEqual = 160 // characters of unchanged text kept on either side of a change
)

// wordDiff shows what changed between two texts, word by word: what is gone in
// <del>, what came in <ins>, long unchanged stretches shortened.
func wordDiff(before, now string) string {
	return diffWith(before, now, func(kind diffmatchpatch.Operation, text string) string {
		switch kind {
		case diffmatchpatch.DiffDelete:
			return "<del>" + markup(text) + "</del>"
		case diffmatchpatch.DiffInsert:
			return "<ins>" + markup(text) + "</ins>"
		}
		return markup(text)
	})
}

// plainDiff is wordDiff for a terminal: [-gone-] and {+new+}.
func plainDiff(before, now string) string {
	return diffWith(before, now, func(kind diffmatchpatch.Operation, text string) string {
		switch kind {
		case diffmatchpatch.DiffDelete:
			return "[-" + plain(text) + "-]"
		case diffmatchpatch.DiffInsert:
			return "{+" + plain(text) + "+}"
		}
		return plain(text)
	})
}

// diffWith writes a diff with the marks of a format.
func diffWith(before, now string, mark func(kind diffmatchpatch.Operation, text string) string) string {
	before, now = cut(before, maxDiffed), cut(now, maxDiffed)
	d := diffmatchpatch.New()
	d.DiffTimeout = time.Second
	var vocabulary []string
	index := map[string]rune{}
	a, b := asRunes(before, index, &vocabulary), asRunes(now, index, &vocabulary)
	var out strings.Builder
	diffs := d.DiffCleanupSemantic(d.DiffMainRunes(a, b, false))
	for i, part := range diffs {
		text := asText(part.Text, vocabulary)
		if part.Type == diffmatchpatch.DiffEqual {
			text = shorten(text, i == 0, i == len(diffs)-1)
		}
		out.WriteString(mark(part.Type, text))
	}
	return out.String()
}

// shorten takes the middle out of a long unchanged stretch, or its outer end.
func shorten(s string, first, last bool) string {
	r := []rune(s)
	if len(r) <= 2*keepEqual+20 {
		return s
	}
	switch {
	case first && last:
		return s
	case first:
		return "[...] " + string(r[len(r)-keepEqual:])
	case last:
		return string(r[:keepEqual]) + " [...]"
	}
	return string(r[:keepEqual]) + " [...] " + string(r[len(r)-keepEqual:])
}

func asRunes(s string, index map[string]rune, vocabulary *[]string) []rune {
	var runes []rune
	for seg := words.FromString(s); seg.Next(); {
		w := seg.Value()
		r, ok := index[w]
		if !ok {
			r = rune(len(*vocabulary)) + 1
			if r >= 0xd800 { // surrogates are not characters
				r += 0x800
			}
			index[w] = r
			*vocabulary = append(*vocabulary, w)
		}
		runes = append(runes, r)
	}
	return runes
}

func asText(s string, vocabulary []string) string {
	var b strings.Builder
	for _, r := range s {
		if r >= 0xd800 {
			r -= 0x800
		}
		b.WriteString(vocabulary[r-1])
	}
	return b.String()
}

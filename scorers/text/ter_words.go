package text

import "strings"

// TERWords cuts a text as Tercom does: at white space, after normalisation of
// punctuation if wanted. With asian, which counts in a normalised text only,
// every ideograph and East Asian punctuation mark is a word of its own.
//
// Tercom would also set runs of Hiragana and of Katakana apart. sacrebleu's rules
// for that ask for the run to begin the text, where normalisation has put a
// blank, so that they never apply; nor do they here.
func TERWords(s string, normalise, asian bool) []string {
	if !normalise {
		return blanks(s)
	}
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\n-", ""), "\n", " ")
	s = strings.NewReplacer("&quot;", `"`, "&amp;", "&", "&lt;", "<", "&gt;", ">").Replace(s)
	s = strings.ReplaceAll(western(" "+s+" "), "'s ", " 's ")
	if asian {
		s = around(s, isTERAsian)
	}
	return blanks(s)
}

// isTERAsian tells the characters that Tercom sets apart: ideographs with their
// radicals, strokes, compatibility and enclosed forms, East Asian punctuation,
// and a few full-width marks. As in sacrebleu, whose U+3F22 stands for what may
// have been meant to be U+32FF, the enclosed forms end in the middle of the
// ideographs.
func isTERAsian(r rune) bool {
	switch {
	case r < 0x2e80:
		return false
	case r <= 0x2eff, r >= 0x31c0 && r <= 0x31ef, r >= 0x3200 && r <= 0x4dbf, r >= 0x4e00 && r <= 0x9fff, r >= 0xf900 && r <= 0xfaff, r >= 0xfe30 && r <= 0xfe4f:
		return true
	case r == 0x3001, r == 0x3002, r >= 0x3008 && r <= 0x3011, r >= 0x3014 && r <= 0x301f, r >= 0xff61 && r <= 0xff65, r == 0x30fb:
		return true
	}
	return strings.ContainsRune("．，？：；！＂（）", r)
}

package text

// Stem gives the words, each longer than three bytes cut to its stem as
// google-research's rouge does it with use_stemmer: the first Porter algorithm
// for English (Porter 1980, "An algorithm for suffix stripping") with the
// departures of NLTK's PorterStemmer in its default mode. Words with a byte
// above 0x7F or over 64 bytes are left alone. The result is a new slice.
func Stem(words []string) []string {
	stems := make([]string, len(words))
	var buf [longestStem + 1]byte
	for i, w := range words {
		if len(w) <= 3 || len(w) > longestStem || !ASCII(w) {
			stems[i] = w
			continue
		}
		stems[i] = stem(w, buf[:0])
	}
	return stems
}

// longestStem is the length in bytes over which no word is English.
const longestStem = 64

// stem cuts one word, working in buf, which has room for one byte more.
func stem(w string, buf []byte) string {
	if s, ok := irregular(w); ok {
		return s
	}
	b := stemmer(append(buf, w...))
	b.plural()
	b.past()
	if n := len(b); n > 2 && b[n-1] == 'y' && b.consonant(n-2) { // NLTK: Porter wants a vowel in the stem
		b[n-1] = 'i'
	}
	b.double()
	b.replace(step3)
	b.strip()
	b.finish()
	if string(b) == w {
		return w
	}
	return string(b)
}

// irregular holds what NLTK keeps out of the rules.
func irregular(w string) (string, bool) {
	switch w {
	case "skies":
		return "sky", true
	case "dying":
		return "die", true
	case "lying":
		return "lie", true
	case "tying":
		return "tie", true
	case "innings":
		return "inning", true
	case "outings":
		return "outing", true
	case "cannings":
		return "canning", true
	case "news", "inning", "outing", "canning", "howe", "proceed", "exceed", "succeed":
		return w, true
	}
	return "", false
}

// stemmer is the word being cut.
type stemmer []byte

func (b stemmer) ends(suffix string) bool {
	return len(b) >= len(suffix) && string(b[len(b)-len(suffix):]) == suffix
}

// consonant: not a vowel; a y is one at the start and after a vowel.
func (b stemmer) consonant(i int) bool {
	switch b[i] {
	case 'a', 'e', 'i', 'o', 'u':
		return false
	case 'y':
		return i == 0 || !b.consonant(i-1)
	}
	return true
}

// measure counts the vowel-consonant sequences in the first n letters.
func (b stemmer) measure(n int) int {
	m, vowel, y := 0, false, false // y: the letter before was a consonant
	for i := range n {
		c := true
		switch b[i] {
		case 'a', 'e', 'i', 'o', 'u':
			c = false
		case 'y':
			c = i == 0 || !y
		}
		if c && vowel {
			m++
		}
		vowel, y = !c, c
	}
	return m
}

func (b stemmer) hasVowel(n int) bool {
	for i := range n {
		if !b.consonant(i) {
			return true
		}
	}
	return false
}

// short: the first n letters end consonant, vowel, consonant, the last not w, x
// or y; NLTK adds a word of two letters, vowel and consonant.
func (b stemmer) short(n int) bool {
	if n == 2 {
		return !b.consonant(0) && b.consonant(1)
	}
	if n < 3 || !b.consonant(n-3) || b.consonant(n-2) || !b.consonant(n-1) {
		return false
	}
	c := b[n-1]
	return c != 'w' && c != 'x' && c != 'y'
}

func (b *stemmer) cut(n int) { *b = (*b)[:len(*b)-n] }

// plural is step 1a.
func (b *stemmer) plural() {
	switch {
	case b.ends("sses"):
		b.cut(2)
	case b.ends("ies"):
		if len(*b) == 4 { // NLTK: dies, die
			b.cut(1)
			return
		}
		b.cut(2)
	case b.ends("s") && !b.ends("ss"):
		b.cut(1)
	}
}

// past is step 1b.
func (b *stemmer) past() {
	switch n := len(*b); {
	case b.ends("ied"):
		if n == 4 { // NLTK: died, die
			b.cut(1)
			return
		}
		b.cut(2)
		return
	case b.ends("eed"):
		if b.measure(n-3) > 0 {
			b.cut(1)
		}
		return
	case b.ends("ed") && b.hasVowel(n-2):
		b.cut(2)
	case b.ends("ing") && b.hasVowel(n-3):
		b.cut(3)
	default:
		return
	}
	n := len(*b)
	switch w := *b; {
	case b.ends("at"), b.ends("bl"), b.ends("iz"):
		*b = append(*b, 'e')
	case n > 1 && w[n-1] == w[n-2] && w.consonant(n-1):
		if c := w[n-1]; c != 'l' && c != 's' && c != 'z' {
			b.cut(1)
		}
	case w.measure(n) == 1 && w.short(n):
		*b = append(*b, 'e')
	}
}

// rule replaces a suffix if enough of the word is left before it.
type rule struct{ from, to string }

// step2 and step3 want a measure above 0, step4 above 1. No suffix stands after
// a longer one that ends in it.
var (
	step2 = []rule{{"ational", "ate"}, {"tional", "tion"}, {"enci", "ence"}, {"anci", "ance"}, {"izer", "ize"},
		{"bli", "ble"}, {"entli", "ent"}, {"ousli", "ous"}, {"fulli", "ful"}, {"eli", "e"},
		{"ization", "ize"}, {"ation", "ate"}, {"ator", "ate"}, {"alism", "al"}, {"iveness", "ive"},
		{"fulness", "ful"}, {"ousness", "ous"}, {"aliti", "al"}, {"iviti", "ive"}, {"biliti", "ble"}}
	step3 = []rule{{"icate", "ic"}, {"ative", ""}, {"alize", "al"}, {"iciti", "ic"}, {"ical", "ic"}, {"ful", ""}, {"ness", ""}}
	step4 = []string{"al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ou", "ism", "ate", "iti", "ous", "ive", "ize"}
)

// double is step 2, with what NLTK adds: "alli" may leave another suffix of the
// step, "fulli" is treated like "fulness", and the l of "logi" counts to the
// stem, so that short ones such as "geo" are cut too.
func (b *stemmer) double() {
	if b.ends("alli") {
		if b.measure(len(*b)-4) > 0 {
			b.cut(2)
			b.double()
		}
		return
	}
	if b.ends("logi") {
		if b.measure(len(*b)-3) > 0 {
			b.cut(1)
		}
		return
	}
	b.replace(step2)
}

func (b *stemmer) replace(rules []rule) {
	for _, r := range rules {
		if !b.ends(r.from) {
			continue
		}
		if b.measure(len(*b)-len(r.from)) > 0 {
			b.cut(len(r.from))
			*b = append(*b, r.to...)
		}
		return
	}
}

// strip is step 4.
func (b *stemmer) strip() {
	if b.ends("ion") {
		n := len(*b) - 3
		if n > 0 && ((*b)[n-1] == 's' || (*b)[n-1] == 't') && b.measure(n) > 1 {
			b.cut(3)
		}
		return
	}
	for _, suffix := range step4 {
		if b.ends(suffix) {
			if b.measure(len(*b)-len(suffix)) > 1 {
				b.cut(len(suffix))
			}
			return
		}
	}
}

// finish is step 5: a last e, and one of two l.
func (b *stemmer) finish() {
	if b.ends("e") {
		n := len(*b) - 1
		if m := b.measure(n); m > 1 || m == 1 && !b.short(n) {
			b.cut(1)
		}
	}
	if b.ends("ll") && b.measure(len(*b)-1) > 1 {
		b.cut(1)
	}
}

package text

import (
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// ChrF says how chrF compares; see Popović 2015 and 2017.
type ChrF struct {
	Chars      int     // longest n-gram of characters; 6 is usual
	Words      int     // longest n-gram of words; 0 is chrF, 2 is chrF++
	Beta       float64 // how much more recall counts than precision; 2 is usual
	Whitespace bool    // count white space as characters
	// Epsilon averages the F scores of all orders, those that a text does not have
	// too, as chrF++.py, NLTK and Moses do, and not precisions and recalls of those
	// that both have.
	Epsilon bool
}

// maxChrFOrder is the most that Chars and Words may be.
const maxChrFOrder = 16

// Score is chrF as sacrebleu computes it for a pair of texts, in [0,1]: the
// precisions and recalls of all orders that both texts have, averaged, then put
// together.
func (c ChrF) Score(answer, expected string) float64 {
	t := chrfPool.Get().(*chrfTables)
	defer t.release()
	var sum chrfSum
	a := t.numbered(&t.a, answer, c.Whitespace)
	sum.add(c, a, t.numbered(&t.b, expected, c.Whitespace), c.Chars)
	if c.Words > 0 {
		ids := Numbered(chrfWords(answer), chrfWords(expected))
		sum.add(c, ids[0], ids[1], c.Words)
	}
	if c.Epsilon {
		return min(1, sum.f/float64(c.Chars+c.Words))
	}
	if sum.orders == 0 {
		return 0
	}
	return min(1, c.f(sum.precision/float64(sum.orders), sum.recall/float64(sum.orders)))
}

// f is the F score of a precision and a recall, 0 of zeros.
func (c ChrF) f(precision, recall float64) float64 {
	factor := c.Beta * c.Beta
	if precision+recall == 0 {
		return 0
	}
	return (1 + factor) * precision * recall / (factor*precision + recall)
}

// epsilon is the precision or recall of an order that a text does not have.
const epsilon = 1e-16

// chrfSum sums over orders.
type chrfSum struct {
	precision, recall float64 // of the orders that both texts have
	orders            int     // their number
	f                 float64 // the F scores of all orders, with epsilon
}

func (s *chrfSum) add(c ChrF, a, b []int32, most int) {
	var room [maxChrFOrder]int
	common := room[:most]
	CommonNGrams(a, b, common)
	for n := 1; n <= most; n++ {
		x, y := len(a)-n+1, len(b)-n+1
		p, r := epsilon, epsilon
		if y > 0 {
			r = float64(common[n-1]) / float64(y)
		}
		if x > 0 && y > 0 {
			p = float64(common[n-1]) / float64(x)
			s.precision, s.recall, s.orders = s.precision+p, s.recall+r, s.orders+1
		}
		if f := c.f(p, r); f > 0 {
			s.f += f
		} else {
			s.f += epsilon
		}
	}
}

// chrfTables number the characters of two texts, so that numbers are small.
type chrfTables struct {
	a, b  []int32
	ascii [utf8.RuneSelf]int32 // number + 1; 0 is none yet
	other map[rune]int32
	next  int32
}

var chrfPool = sync.Pool{New: func() any { return &chrfTables{other: map[rune]int32{}} }}

// release gives the tables back, empty and without what a large text took.
func (t *chrfTables) release() {
	clear(t.ascii[:])
	clear(t.other)
	if t.next > utf8.RuneSelf+1024 {
		t.other = map[rune]int32{}
	}
	if t.next = 0; cap(t.a)+cap(t.b) > keptWindows {
		t.a, t.b = nil, nil
	}
	chrfPool.Put(t)
}

// numbered fills numbers with those of the characters of s.
func (t *chrfTables) numbered(numbers *[]int32, s string, whitespace bool) []int32 {
	ids := slices.Grow((*numbers)[:0], len(s))
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			i++
			if blankBytes[c] && !whitespace {
				continue
			}
			if t.ascii[c] == 0 {
				t.next++
				t.ascii[c] = t.next
			}
			ids = append(ids, t.ascii[c]-1)
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if i += size; isBlank(r) && !whitespace {
			continue
		}
		id, ok := t.other[r]
		if !ok {
			t.next++
			id = t.next
			t.other[r] = id
		}
		ids = append(ids, id-1)
	}
	*numbers = ids
	return ids
}

// chrfWords cuts at white space, and one punctuation character off the end or
// else the beginning of a word, as chrF++ does.
func chrfWords(s string) []string {
	const punctuation = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
	var words []string
	for _, w := range blanks(s) {
		n := len(w)
		switch {
		case utf8.RuneCountInString(w) == 1:
			words = append(words, w)
		case strings.IndexByte(punctuation, w[n-1]) >= 0:
			words = append(words, w[:n-1], w[n-1:])
		case strings.IndexByte(punctuation, w[0]) >= 0:
			words = append(words, w[:1], w[1:])
		default:
			words = append(words, w)
		}
	}
	return words
}

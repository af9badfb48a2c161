package text

import (
	"strings"
	"unicode/utf8"
)

// ChrF says how chrF compares; see Popović 2015 and 2017.
type ChrF struct {
	Chars      int     // longest n-gram of characters; 6 is usual
	Words      int     // longest n-gram of words; 0 is chrF, 2 is chrF++
	Beta       float64 // how much more recall counts than precision; 2 is usual
	Whitespace bool    // count white space as characters
}

// Score is chrF as sacrebleu computes it for a pair of texts, in [0,1]: the
// precisions and recalls of all orders that both texts have, averaged, then put
// together.
func (c ChrF) Score(answer, expected string) float64 {
	x, y := answer, expected
	if !c.Whitespace {
		x, y = strings.Join(blanks(x), ""), strings.Join(blanks(y), "")
	}
	a, b := codePoints(x), codePoints(y)
	p, r, orders := c.orders(a, b, c.Chars)
	if c.Words > 0 {
		ids := Numbered(chrfWords(answer), chrfWords(expected))
		wp, wr, n := c.orders(ids[0], ids[1], c.Words)
		p, r, orders = p+wp, r+wr, orders+n
	}
	if orders == 0 || p+r == 0 {
		return 0
	}
	p, r = p/float64(orders), r/float64(orders)
	factor := c.Beta * c.Beta
	return min(1, (1+factor)*p*r/(factor*p+r))
}

// orders sums precision and recall over the orders that both sequences have.
func (c ChrF) orders(a, b []int32, most int) (precision, recall float64, orders int) {
	common := make([]int, most)
	CommonNGrams(a, b, common)
	for n := 1; n <= most; n++ {
		x, y := len(a)-n+1, len(b)-n+1
		if x <= 0 || y <= 0 {
			break
		}
		precision += float64(common[n-1]) / float64(x)
		recall += float64(common[n-1]) / float64(y)
		orders++
	}
	return precision, recall, orders
}

func codePoints(s string) []int32 {
	ids := make([]int32, 0, utf8.RuneCountInString(s))
	for _, r := range s {
		ids = append(ids, r)
	}
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

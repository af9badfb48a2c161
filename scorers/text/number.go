package text

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Number is a number that stands in a text, with its byte offsets.
type Number struct {
	Value      float64 // finite
	Start, End int
	Percent    bool // a percent sign follows; Value is still the number as written
}

// Numbers finds the numbers of s in order and calls yield for each, until it
// returns false. A number is
//
//   - digits of any script, with a point and decimals if wanted ("3", "3.5",
//     ".5"); with groups of three digits set off by a comma, an apostrophe or a
//     no-break blank ("1,234,567.89", in LaTeX "1{,}234"), or as in India
//     ("12,34,567"); with an exponent ("1e-3", "6.02 × 10^23");
//   - a minus or plus directly before it or before its currency sign belongs to
//     it, unless a digit, a letter or a closing bracket stands before that: "-5",
//     "-$5" and "$-5" are negative, "3-5" and "gpt-4" are not. An en dash is a
//     minus where no number stands before it: "is –5", not "10 –12".
//
// Digits directly after a letter of a script with letter case ("H2O", "v2") are
// part of a word, and dotted chains ("1.2.3") are versions, dates or addresses;
// both are passed over, as is what is too large for a float64.
func Numbers(s string, yield func(Number) bool) {
	for i := 0; i < len(s); {
		if !mayStart(s[i]) {
			i++
			continue
		}
		n, next, ok := numberAt(s, i)
		if ok && !yield(n) {
			return
		}
		i = next
	}
}

// First gives the first number of s.
func First(s string) (n Number, ok bool) {
	Numbers(s, func(found Number) bool {
		n, ok = found, true
		return false
	})
	return n, ok
}

// Last gives the last number of s.
func Last(s string) (n Number, ok bool) {
	Numbers(s, func(found Number) bool {
		n, ok = found, true
		return true
	})
	return n, ok
}

// mayStart is false for the bytes with which no number begins.
func mayStart(b byte) bool { return b >= '0' && b <= '9' || b == '.' || b >= utf8.RuneSelf }

// numberAt reads the number at byte i; next is where the search goes on.
func numberAt(s string, i int) (n Number, next int, ok bool) {
	var digits []byte // the number in plain ASCII, for strconv
	var buf [64]byte
	digits = buf[:0]
	end := integer(s, i, &digits)
	if s[i] == '.' {
		if _, size := digitAt(s, i+1); size == 0 || !opens(s, i) {
			return n, i + 1, false
		}
		digits, end = append(digits, '0'), i
	} else if end == i {
		_, size := utf8.DecodeRuneInString(s[i:])
		return n, i + size, false
	}
	if partOfWord(s, i) {
		return n, wordEnd(s, end), false
	}
	end = fraction(s, end, &digits)
	if _, size := digitAt(s, end+1); size > 0 && end < len(s) && s[end] == '.' {
		return n, chainEnd(s, end), false
	}
	end = exponent(s, end, &digits)
	v, err := strconv.ParseFloat(string(digits), 64)
	if err != nil || math.IsInf(v, 0) {
		return n, end, false
	}
	start, negative := sign(s, i)
	if negative {
		v = -v
	}
	n = Number{Value: v, Start: start, End: end}
	n.Percent = percent(s[end:])
	return n, end, true
}

// percent reports whether a text begins with a percent sign, one of LaTeX, or the
// word; "percentage points" are something else.
func percent(s string) bool {
	s = strings.TrimLeft(s, " \u00a0\u202f")
	for _, sign := range [...]string{"%", "％", `\%`} {
		if strings.HasPrefix(s, sign) {
			return true
		}
	}
	for _, word := range [...]string{"percent", "per cent"} {
		if n := len(word); len(s) >= n && strings.EqualFold(s[:n], word) && !partOfWordAfter(s, n) {
			return true
		}
	}
	return false
}

// digitAt gives the value of the decimal digit at byte i and its size, 0 if
// there is none.
func digitAt(s string, i int) (value byte, size int) {
	if i >= len(s) {
		return 0, 0
	}
	if c := s[i]; c < utf8.RuneSelf {
		if c >= '0' && c <= '9' {
			return c, 1
		}
		return 0, 0
	}
	r, size := utf8.DecodeRuneInString(s[i:])
	if !unicode.Is(unicode.Nd, r) {
		return 0, 0
	}
	return '0' + digitValue(r), size
}

// digitValue of a rune in Nd: Unicode lays the digits of every script out in
// tens, so that the place in the range tells it.
func digitValue(r rune) byte {
	for _, x := range unicode.Nd.R16 {
		if r >= rune(x.Lo) && r <= rune(x.Hi) {
			return byte((r - rune(x.Lo)) % 10)
		}
	}
	for _, x := range unicode.Nd.R32 {
		if r >= rune(x.Lo) && r <= rune(x.Hi) {
			return byte((r - rune(x.Lo)) % 10)
		}
	}
	return 0
}

// run appends the digits at i and gives their end and number.
func run(s string, i int, digits *[]byte) (end, count int) {
	for {
		d, size := digitAt(s, i)
		if size == 0 {
			return i, count
		}
		*digits = append(*digits, d)
		i += size
		count++
	}
}

// integer appends the whole part at i, with its groups of three.
func integer(s string, i int, digits *[]byte) int {
	end, count := run(s, i, digits)
	if count == 0 || count > 3 {
		return end
	}
	if next := indian(s, i, end, count, digits); next > end {
		return next
	}
	separator := ""
	for {
		size := 0
		for _, sep := range [...]string{`,\!`, "{,}", `\,`, ",", "'", "’", "\u00a0", "\u202f", "\u2009"} {
			if (separator == "" || separator == sep) && strings.HasPrefix(s[end:], sep) {
				separator, size = sep, len(sep)
				break
			}
		}
		if size == 0 {
			return end
		}
		mark := len(*digits)
		next, three := run(s, end+size, digits)
		if three != 3 {
			*digits = (*digits)[:mark]
			return end
		}
		end = next
	}
}

// indian appends the rest of a whole part with groups of two and a last one of
// three, "12,34,567". In brackets, or where more follows, it is a list.
func indian(s string, i, end, count int, digits *[]byte) int {
	mark, at, pairs := len(*digits), end, 0
	for count <= 2 && at < len(s) && s[at] == ',' && (i == 0 || !strings.ContainsRune("[({,", rune(s[i-1]))) {
		next, n := run(s, at+1, digits)
		if n == 3 && pairs > 0 {
			if _, more := digitAt(s, next+1); more > 0 && s[next] == ',' {
				break
			}
			return next
		}
		if n != 2 {
			break
		}
		at, pairs = next, pairs+1
	}
	*digits = (*digits)[:mark]
	return end
}

func fraction(s string, i int, digits *[]byte) int {
	if i >= len(s) || s[i] != '.' {
		return i
	}
	mark := len(*digits)
	*digits = append(*digits, '.')
	end, count := run(s, i+1, digits)
	if count == 0 {
		*digits = (*digits)[:mark]
		return i
	}
	return end
}

// exponent reads "e-3", "E5" or "× 10^-3".
func exponent(s string, i int, digits *[]byte) int {
	mark := len(*digits)
	at := i
	if at < len(s) && (s[at] == 'e' || s[at] == 'E') {
		at++
	} else if at = power(s, i); at == i {
		return i
	}
	*digits = append(*digits, 'e')
	brace := at < len(s) && s[at] == '{'
	if brace {
		at++
	}
	if minus, size := signAt(s, at); size > 0 {
		at += size
		if minus {
			*digits = append(*digits, '-')
		}
	}
	end, count := run(s, at, digits)
	if count == 0 || count > 4 || partOfWordAfter(s, end) {
		*digits = (*digits)[:mark]
		return i
	}
	if brace && strings.HasPrefix(s[end:], "}") {
		end++
	}
	return end
}

// power passes over " × 10^" and gives where the exponent begins, or i.
func power(s string, i int) int {
	rest := strings.TrimLeft(s[i:], " ")
	for _, times := range [...]string{"×", "x", "*", "·", `\times`} {
		if after, ok := strings.CutPrefix(rest, times); ok {
			after = strings.TrimLeft(after, " ")
			if exp, ok := strings.CutPrefix(after, "10^"); ok {
				return len(s) - len(exp)
			}
		}
	}
	return i
}

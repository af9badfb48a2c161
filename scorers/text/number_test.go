package text

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func allNumbers(s string) (ns []Number) {
	Numbers(s, func(n Number) bool {
		ns = append(ns, n)
		return true
	})
	return ns
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct{ s, want, reason string }{
		{"", "", "nothing"},
		{"no number", "", "no digit"},
		{"42", "42", "plain"},
		{"It costs 18.", "18", "the full stop ends the sentence"},
		{"3.0 and .5 and 5.", "3 0.5 5", "decimals"},
		{"1,234,567.89", "1.23456789e+06", "groups of three"},
		{"1'234 and 1\u00a0234 and 1\u202f234 and 1’234", "1234 1234 1234 1234", "other signs for groups"},
		{"1, 2,3", "1 2 3", "a list is no group"},
		{"12,34", "12 34", "two digits are no group"},
		{"1234,567", "1234 567", "four digits take no groups"},
		{"-5 +6 (−7) $-8 -$9 €10 $11", "-5 6 -7 -8 -9 10 11", "signs, the typographic minus, currencies"},
		{"16-3=13", "16 3 13", "a minus between numbers belongs to neither"},
		{"16 - 3", "16 3", "a minus with a blank behind"},
		{"f(2)-1 a-1", "2 1 1", "a minus behind a bracket or a letter"},
		{"3-5 days, pages 10–12", "3 5 10 12", "ranges"},
		{"<<48/2=24>>24", "48 2 24 24", "calculator marks"},
		{"1e3 1E-3 1.5e+2", "1000 0.001 150", "exponents"},
		{"6.02 × 10^23, 3x10^-2, 2\\times 10^{5}", "6.02e+23 0.03 200000", "powers of ten"},
		{"2e, 2em, 2e5x", "2 2 2", "an e that is no exponent"},
		{"H2O v2 gpt-4 x86_64 COVID-19", "4 19", "digits in a word; a hyphen ends one"},
		{"1.2.3 and 10.0.0.1 and 1.5.", "1.5", "versions and addresses"},
		{"50% or 50 % or 5", "50% 50% 5", "percent signs"},
		{"答案是42个", "42", "letters without case stand close"},
		{"٣٤ ३४ １２３ 𝟛𝟜", "34 34 123 34", "digits of other scripts"},
		{"1e999 -1e999", "", "too large to be a number"},
		{"1e-999", "0", "too small is zero"},
		{"NaN Infinity ½ ²", "", "not digits"},
		{strings.Repeat("9", 400), "", "too many digits"},
		{"0." + strings.Repeat("3", 400), "0.3333333333333333", "many decimals"},
		{"_5_ and __42__ but x_5, __init__2, 1_000", "5 42 1", "emphasis, and names with underscores"},
		{`1{,}234 1,\!234 1\,234 {1,2}`, "1234 1234 1234 1 2", "groups in LaTeX, and a set"},
		{"₹1,00,000 12,34,567 [5,10,100] 1,10,100,1000", "100000 1.234567e+06 5 10100 1 10100 1000", "groups in India, and lists"},
		{`45\% 45 percent, 45 per cent`, "45% 45% 45%", "other percent signs"},
		{"5 percentage points, 5 percents", "5 5", "no percent sign"},
		{"is –5, 10 –12, A –$7, Mr.–5, (–3)", "-5 10 12 -7 5 -3", "an en dash"},
		{"...5 ..6", "5 6", "points before a digit"},
		{"\xff7\xfe", "7", "among invalid bytes"},
	} {
		var got []string
		for _, n := range allNumbers(c.s) {
			s := fmt.Sprint(n.Value)
			if n.Percent {
				s += "%"
			}
			got = append(got, s)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q holds %q, want %q", c.reason, c.s, got, c.want)
		}
	}
}

func TestFirstAndLast(t *testing.T) {
	const s = "pay -$5 now, then 1,000"
	first, ok := First(s)
	if !ok || first.Value != -5 || s[first.Start:first.End] != "-$5" {
		t.Errorf("first: %+v %v", first, ok)
	}
	last, ok := Last(s)
	if !ok || last.Value != 1000 || s[last.Start:last.End] != "1,000" {
		t.Errorf("last: %+v %v", last, ok)
	}
	if _, ok := Last("none"); ok {
		t.Error("no number in a text without digits")
	}
}

// TestDigitsOfEveryScript: Unicode writes the ten digits of a script one after
// the other, so ten in a row must be 0123456789.
func TestDigitsOfEveryScript(t *testing.T) {
	scripts := 0
	for r := rune(0x80); r < 0x20000; r++ {
		if !unicode.Is(unicode.Nd, r) || digitValue(r) != 0 {
			continue
		}
		scripts++
		var ten []byte
		for i := range rune(10) {
			ten = append(ten, '0'+digitValue(r+i))
		}
		if string(ten) != "0123456789" {
			t.Errorf("the digits from U+%04X are read as %s", r, ten)
		}
	}
	if scripts < 60 {
		t.Errorf("only %d sets of digits", scripts)
	}
}

func FuzzNumbers(f *testing.F) {
	for _, s := range []string{"1,234.5", "-$5 6.02 × 10^23", "50% 1e-3", "1.2.3", "٣٤ １２３", "\xff-.5", "<<48/2=24>>24", "10^{", "1×10^"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		at := 0
		for _, n := range allNumbers(s) {
			if math.IsNaN(n.Value) || math.IsInf(n.Value, 0) {
				t.Fatalf("%q: %v is not a number", s, n.Value)
			}
			if n.End <= at || n.Start >= n.End || n.End > len(s) {
				t.Fatalf("%q: the number at %d:%d does not lie behind %d", s, n.Start, n.End, at)
			}
			if utf8.ValidString(s) && !utf8.ValidString(s[n.Start:n.End]) {
				t.Fatalf("%q: the number at %d:%d cuts a character", s, n.Start, n.End)
			}
			at = n.End
		}
	})
}

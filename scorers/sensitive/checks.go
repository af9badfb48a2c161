package sensitive

import (
	"math/big"
	"regexp"
	"strings"
	"sync"
)

// whole makes a check of a match as a whole.
func whole(holds func(string) bool) func(match, after string) int {
	return func(match, _ string) int {
		if holds(match) {
			return len(match)
		}
		return 0
	}
}

// varied reports whether a text looks like a secret and not like a word or a
// placeholder: it has letters and digits and eight different characters.
func varied(s string) bool {
	different := map[rune]bool{}
	for _, r := range s {
		different[r] = true
	}
	return mixed(s) && len(different) >= 8
}

// mixed reports whether a text has letters and digits.
func mixed(s string) bool {
	letter := strings.ContainsFunc(s, func(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' })
	return letter && strings.ContainsAny(s, "0123456789")
}

// standIns are what stands in the place of a secret: a placeholder, a variable, a
// path to one, a call. In a path the digits end the names, so that "Sup3r.Secret1"
// is none.
var standIns = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(?:(?i:your|insert|replace|enter|paste)[_-].*|\$[A-Za-z_]\w*|[A-Za-z_]+[0-9]*(?:\.[A-Za-z_]+[0-9]*)+\.?|[A-Za-z_][\w.]*\()$`)
})

// secretWord reports whether what stands behind "password:" looks like one.
func secretWord(s string) bool { return mixed(s) && !standIns().MatchString(s) }

// modelName is a name such as "gpt-4o-mini": small words and short versions. Tokens
// of language models have the same name as those that are secret.
var modelName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[a-z]+(?:-(?:[a-z]+|[0-9]{1,2}(?:\.[0-9])?[a-z]?)){2,}[.!]?$`)
})

// secretToken reports whether what stands behind "token:" looks like a secret.
func secretToken(s string) bool { return secretWord(s) && !modelName().MatchString(s) }

var (
	repository = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^:[\w.~-]+/`) })
	fileName   = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)\.(?:png|jpe?g|gif|svg|webp|bmp|ico|pdf|css|js|json|tgz|gz)$`)
	})
)

// address tells an address of electronic mail from a remote repository,
// "git@host:owner/name", and from the name of a file, "logo@2x.png".
func address(match, after string) int {
	if repository().MatchString(after) || fileName().MatchString(match) {
		return 0
	}
	return len(match)
}

func digitsOf(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// card finds a number whose check digit holds: the match or, since a date or a
// security code may stand behind, the longest part of it that ends before a blank
// or a hyphen.
func card(match, _ string) int {
	for end := len(match); end > 0; end = strings.LastIndexAny(match[:end], " -") {
		if luhn(digitsOf(match[:end])) {
			return end
		}
	}
	return 0
}

// luhn checks the digit of Luhn's algorithm (ISO/IEC 7812-1). Numbers that begin
// with 2 are Mastercard's, 2221 to 2720, with 16 digits.
func luhn(d string) bool {
	if len(d) < 13 || len(d) > 19 || strings.Count(d, d[:1]) == len(d) {
		return false
	}
	if d[0] == '2' && (len(d) != 16 || d[:4] < "2221" || d[:4] > "2720") {
		return false
	}
	sum := 0
	for i := range len(d) {
		n := int(d[len(d)-1-i] - '0')
		if i%2 == 1 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return sum%10 == 0
}

// ibanLengths are the lengths of account numbers by country (SWIFT's registry).
const ibanLengths = "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29 " +
	"ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 " +
	"LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 " +
	"SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20"

// iban finds an account number: as much of the match as the country's numbers are
// long, since words in capitals may stand behind, or all of it where the country
// is not known.
func iban(match, _ string) int {
	end := len(match)
	if _, length, ok := strings.Cut(ibanLengths, match[:2]); ok {
		left := int(length[0]-'0')*10 + int(length[1]-'0')
		for end = 0; end < len(match) && left > 0; end++ {
			if match[end] != ' ' {
				left--
			}
		}
		if left > 0 || end < len(match) && match[end] != ' ' {
			return 0
		}
	}
	if !remainder(strings.ReplaceAll(match[:end], " ", "")) {
		return 0
	}
	return end
}

// remainder checks the remainder by 97 (ISO 13616).
func remainder(s string) bool {
	if len(s) < 15 || len(s) > 34 {
		return false
	}
	var b strings.Builder
	for _, r := range s[4:] + s[:4] {
		if r >= 'A' {
			b.WriteString(big.NewInt(int64(r - 'A' + 10)).String())
		} else {
			b.WriteRune(r)
		}
	}
	n, ok := new(big.Int).SetString(b.String(), 10)
	return ok && new(big.Int).Mod(n, big.NewInt(97)).Int64() == 1
}

// ssn knows the numbers that are never given out.
func ssn(s string) bool {
	return s[:3] != "000" && s[:3] != "666" && s[4:6] != "00" && s[7:] != "0000"
}

// thousands are a large number in groups, such as "+250 000 000".
var thousands = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\+[0-9]{1,3}(?:[ .][0-9]{3})*[ .]000$`) })

// phone knows how long a number is, that those of America have ten digits behind
// the 1, and that round numbers are amounts.
func phone(s string) bool {
	d := digitsOf(s)
	switch {
	case len(d) < 8 || len(d) > 15 || strings.HasSuffix(d, "000000") || thousands().MatchString(s):
		return false
	case d[0] == '1':
		return len(d) == 11 && d[1] >= '2'
	}
	return true
}

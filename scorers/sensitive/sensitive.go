// Package sensitive finds secrets and personal data in a text, by their form and
// by their check digits, and masks them.
package sensitive

import (
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"
)

// Finding is a secret or a piece of personal data in a text.
type Finding struct {
	Kind       string
	Start, End int // bytes
}

// Kinds are the kinds that are known.
var Kinds = []string{"key", "email", "phone", "card", "iban", "ssn"}

type rule struct {
	kind    string
	pattern *regexp.Regexp
	counts  func(match, after string) int // how many bytes of a match are the finding, 0 for none; nil: all
	needs   string                        // the text must hold one of these, divided by blanks; quick to see
}

// is stands between the name of a secret and the secret, quotation marks and
// markdown emphasis included.
const is = "[\"'`*]*(?:\\s*[:=]|\\s+(?:is|lautet)\\b\\s*:?)[\\s\"'`*]*"

// rules are tried in this order; what one has found is not looked at by the next.
// The part of a match that counts is group 1, where there is one. The forms of
// keys are those that their issuers document.
var rules = sync.OnceValue(func() []rule {
	return []rule{
		{"key", regexp.MustCompile(`-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----(?s:.*?)(?:-----END [A-Z ]*PRIVATE KEY(?: BLOCK)?-----|$)`), nil, "PRIVATE"},
		{"key", regexp.MustCompile(`\b((?:AKIA|ASIA)[0-9A-Z]{16})\b`), nil, "AKIA ASIA"},                                  // Amazon
		{"key", regexp.MustCompile(`\b((?:ghp|gho|ghu|ghs|ghr)_[0-9A-Za-z]{36,255})\b`), nil, "ghp_ gho_ ghu_ ghs_ ghr_"}, // GitHub
		{"key", regexp.MustCompile(`\b(github_pat_[0-9A-Za-z_]{22,255})\b`), nil, "github_pat_"},                          // GitHub
		{"key", regexp.MustCompile(`\b(glpat-[0-9A-Za-z_-]{20,})`), nil, "glpat-"},                                        // GitLab
		{"key", regexp.MustCompile(`\b(xox[abeoprs]-[0-9A-Za-z-]{10,})`), nil, "xox"},                                     // Slack
		{"key", regexp.MustCompile(`\b((?:sk|rk|pk)_(?:live|test)_[0-9A-Za-z]{16,})\b`), nil, "_live_ _test_"},            // Stripe
		{"key", regexp.MustCompile(`\b(AIza[0-9A-Za-z_-]{35})`), nil, "AIza"},                                             // Google
		{"key", regexp.MustCompile(`\b(sk-(?:ant-|proj-|svcacct-)?[0-9A-Za-z_-]{20,})`), whole(varied), "sk-"},            // model providers
		{"key", regexp.MustCompile(`\b(hf_[0-9A-Za-z]{30,})\b`), nil, "hf_"},                                              // Hugging Face
		{"key", regexp.MustCompile(`\b(npm_[0-9A-Za-z]{36})\b`), nil, "npm_"},                                             // npm
		{"key", regexp.MustCompile(`\b(SG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,})`), nil, "SG."},                         // SendGrid
		{"key", regexp.MustCompile(`\b(eyJ[0-9A-Za-z_-]{10,}\.eyJ[0-9A-Za-z_-]{10,}\.[0-9A-Za-z_-]{10,})`), nil, "eyJ"},
		{"key", regexp.MustCompile(`(?i)(?:api[_ -]?key|(?:access|secret|private|account|auth|signing|encryption)[_-]?key|secret|token)` + is + `([0-9A-Za-z_\-./+!@#$%^&*]{6,}\(?)`), whole(secretToken), ""},
		{"key", regexp.MustCompile(`(?i)(?:password|passwd|pwd|passwort|kennwort|mot de passe|contraseña)` + is + `([0-9A-Za-z_\-./+!@#$%^&*]{6,}\(?)`), whole(secretWord), ""},
		{"key", regexp.MustCompile(`(?i)\bbearer\s+([0-9A-Za-z_\-./+=]{16,})`), whole(varied), ""},
		{"key", regexp.MustCompile(`://[^/\s:@]+:([^@\s/]{3,})@`), nil, "://"},
		{"email", regexp.MustCompile(`\b([0-9A-Za-z._%+-]+@[0-9A-Za-z](?:[0-9A-Za-z-]*[0-9A-Za-z])?(?:\.[0-9A-Za-z-]+)*\.[A-Za-z]{2,})\b`), address, "@"},
		{"iban", regexp.MustCompile(`\b([A-Z]{2}[0-9]{2}(?: ?[0-9A-Z]){11,30})\b`), iban, ""},
		{"card", regexp.MustCompile(`\b((?:[3-6][0-9]{3}|2[2-7][0-9]{2})(?:[ -]?[0-9]){9,15})\b`), card, ""},
		{"ssn", regexp.MustCompile(`\b([0-8][0-9]{2}-[0-9]{2}-[0-9]{4})\b`), whole(ssn), ""},
		{"phone", regexp.MustCompile(`(?:^|[^0-9A-Za-z)\]+])(\+[1-9][0-9]{0,2}[ .-]?(?:\(0?[0-9]{1,4}\)[ .-]?)?[0-9](?:[ .-]?[0-9]){5,12})\b`), whole(phone), ""},
		{"phone", regexp.MustCompile(`(?:^|[^0-9-])((?:1[ .-]?)?\([0-9]{3}\) ?[0-9]{3}[ .-][0-9]{4}|(?:1[.-])?[2-9][0-9]{2}[.-][0-9]{3}[.-][0-9]{4})\b`), nil, ""},
	}
})

// Find gives the findings of the kinds, in order of place and without overlap.
// Without kinds it looks for all.
func Find(s string, kinds ...string) (found []Finding) {
	for _, r := range rules() {
		if len(kinds) > 0 && !slices.Contains(kinds, r.kind) {
			continue
		}
		if r.needs != "" && !slices.ContainsFunc(strings.Fields(r.needs), func(n string) bool { return strings.Contains(s, n) }) {
			continue
		}
		for _, m := range r.pattern.FindAllStringSubmatchIndex(s, -1) {
			start, end := m[0], m[1]
			if len(m) > 2 {
				start, end = m[2], m[3]
			}
			if r.counts != nil {
				end = start + r.counts(s[start:end], s[end:])
			}
			if f := (Finding{r.kind, start, end}); end > start && !taken(found, f) {
				found = slices.Insert(found, place(found, f), f)
			}
		}
	}
	return found
}

func place(found []Finding, f Finding) int {
	return sort.Search(len(found), func(i int) bool { return found[i].Start >= f.Start })
}

func taken(found []Finding, f Finding) bool {
	i := place(found, f)
	return i < len(found) && found[i].Start < f.End || i > 0 && found[i-1].End > f.Start
}

// Mask puts asterisks in the place of the findings, as many as they have bytes,
// so that every other place of the text stays where it is.
func Mask(s string, found []Finding) string {
	if len(found) == 0 {
		return s
	}
	var b strings.Builder
	at := 0
	for _, f := range found {
		b.WriteString(s[at:f.Start])
		label := "[" + f.Kind + "]"
		if n := f.End - f.Start; n >= len(label) {
			b.WriteString(label)
			b.WriteString(strings.Repeat("*", n-len(label)))
		} else {
			b.WriteString(strings.Repeat("*", n))
		}
		at = f.End
	}
	b.WriteString(s[at:])
	return b.String()
}

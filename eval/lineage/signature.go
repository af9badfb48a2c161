package lineage

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// Failure is what a scorer said of one regressed case.
type Failure struct {
	CaseID, Metric, Reason string
}

// Signature is a way of failing that several cases share: a metric and the reason
// its scorer gave, with what differs from case to case taken out.
type Signature struct {
	Metric string `json:"metric"`
	Reason string `json:"reason"` // as it stands most often among the cases
	Count  int    `json:"count"`  // cases
	// Examples are some of the cases, sorted.
	Examples []string `json:"examples"`
}

const (
	maxSignatures = 10
	maxExamples   = 3
)

// Signatures groups failures by metric and normalised reason, the most frequent
// first. The order of the failures makes no difference.
func Signatures(failures []Failure) []Signature {
	type group struct{ metric, reason string }
	cases := map[group]map[string]bool{}
	texts := map[group]map[string]int{}
	for _, f := range failures {
		if f.Reason == "" {
			continue
		}
		g := group{f.Metric, normalReason(f.Reason)}
		if cases[g] == nil {
			cases[g], texts[g] = map[string]bool{}, map[string]int{}
		}
		cases[g][f.CaseID] = true
		texts[g][f.Reason]++
	}
	var list []Signature
	for g, ids := range cases {
		sorted := slices.Sorted(maps.Keys(ids))
		reason := usual(texts[g])
		if len(texts[g]) > 1 && len(ids) > 1 && texts[g][reason]*2 < len(ids) {
			reason = g.reason
		}
		list = append(list, Signature{g.metric, reason, len(ids), sorted[:min(len(sorted), maxExamples)]})
	}
	slices.SortFunc(list, func(a, b Signature) int {
		return cmp.Or(-cmp.Compare(a.Count, b.Count), cmp.Compare(a.Metric, b.Metric), cmp.Compare(a.Reason, b.Reason))
	})
	return list[:min(len(list), maxSignatures)]
}

// normalReason takes out of a reason what differs from case to case where the
// failure is the same: the digits of unquoted numbers, and the rest of long
// texts. What stands in quotes names the fact, rule or tool and is kept.
func normalReason(s string) string {
	var b strings.Builder
	var quote rune
	digits := false
	for _, r := range s {
		switch {
		case quote == 0 && (r == '"' || r == '`'):
			quote = r
		case r == quote:
			quote = 0
		}
		if quote == 0 && (unicode.IsDigit(r) || digits && r == '.') {
			if !digits {
				b.WriteByte('#')
			}
			digits = true
			continue
		}
		digits = false
		b.WriteRune(r)
	}
	return cutRunes(strings.Join(strings.Fields(b.String()), " "), 200)
}

func cutRunes(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n]) + "..."
}

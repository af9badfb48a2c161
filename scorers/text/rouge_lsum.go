package text

import (
	"context"
	"strings"
)

// LsumLimit is how many pairs of words SummarySubsequence looks at at most.
const LsumLimit = 1 << 24

// SummarySubsequence is ROUGE-L of a summary (Lin 2004, section 3.2, as
// google-research's rougeLsum computes it): for each expected sentence the union
// of its longest common subsequences with all sentences of the answer, where a
// word counts as often as it stands in both texts. whole is false if the texts
// were too long and only their first sentences were compared. It ends early with
// the context's error.
func SummarySubsequence(ctx context.Context, answer, expected [][]string) (o Overlap, whole bool, err error) {
	flat := func(sentences [][]string) (all []string) {
		for _, s := range sentences {
			all = append(all, s...)
		}
		return all
	}
	a, e := flat(answer), flat(expected)
	ids := Numbered(a, e)
	left := [2]map[int32]int{{}, {}}
	for side, list := range ids {
		for _, id := range list {
			left[side][id]++
		}
	}
	cut := func(list []int32, sentences [][]string) (parts [][]int32) {
		for _, s := range sentences {
			parts, list = append(parts, list[:len(s)]), list[len(s):]
		}
		return parts
	}
	as, es := cut(ids[0], answer), cut(ids[1], expected)
	hits, looked := 0, 0
	for _, want := range es {
		in := make([]bool, len(want))
		for _, got := range as {
			if looked += len(want) * len(got); looked > LsumLimit {
				return overlap(hits, len(a), len(e)), false, nil
			}
			if err := ctx.Err(); err != nil {
				return o, false, err
			}
			markSubsequence(want, got, in)
		}
		for i, id := range want {
			if in[i] && left[0][id] > 0 && left[1][id] > 0 {
				hits++
				left[0][id]--
				left[1][id]--
			}
		}
	}
	return overlap(hits, len(a), len(e)), true, nil
}

// markSubsequence marks the words of a longest common subsequence, the one that
// the reference walks back to.
func markSubsequence(want, got []int32, in []bool) {
	m := len(got) + 1
	table := make([]int32, (len(want)+1)*m)
	for i := 1; i <= len(want); i++ {
		for j := 1; j < m; j++ {
			if want[i-1] == got[j-1] {
				table[i*m+j] = table[(i-1)*m+j-1] + 1
			} else {
				table[i*m+j] = max(table[(i-1)*m+j], table[i*m+j-1])
			}
		}
	}
	for i, j := len(want), len(got); i > 0 && j > 0; {
		switch {
		case want[i-1] == got[j-1]:
			in[i-1] = true
			i, j = i-1, j-1
		case table[i*m+j-1] > table[(i-1)*m+j]:
			j--
		default:
			i--
		}
	}
}

// Lines cuts a text at line ends and drops the empty lines.
func Lines(s string) (lines []string) {
	for l := range strings.SplitSeq(s, "\n") {
		if l != "" {
			lines = append(lines, l)
		}
	}
	return lines
}

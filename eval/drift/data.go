package drift

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"iter"
	"math"
	"slices"

	"holdtrue/eval"
)

// Input is one side of a comparison: a run and its rows, in any order.
type Input struct {
	Run  eval.Run
	Rows iter.Seq2[eval.Row, error]
}

// Fetch reads one stored result whole. It is called only for the cases that a
// report shows.
type Fetch func(ctx context.Context, runID, caseID string, repeat int) (eval.Case, eval.Result, error)

// maxListed is how many ids a list of left-out cases holds.
const maxListed = 1000

// caseData is what one run has of one case.
type caseData struct {
	hash    string
	tags    map[string][]string
	repeats []repeatData // ordered by repeat
}

type repeatData struct {
	repeat int
	failed bool
	text   [16]byte
	values []float64 // per shared metric, NaN where there is no score
}

// side is one run read into memory: numbers only.
type side struct {
	run     eval.Run
	cases   map[string]*caseData
	outputs int
	failed  int
	digest  uint64 // of ids, repeats, statuses and values, in any order
}

// load reads the rows of a run, keeping the metrics that keep names, in that
// order.
func load(in Input, keep map[int]int, width int) (*side, error) {
	s := &side{run: in.Run, cases: map[string]*caseData{}}
	for row, err := range in.Rows {
		if err != nil {
			return nil, err
		}
		s.outputs++
		if row.Failed {
			s.failed++
		}
		s.digest += rowDigest(&row)
		c, ok := s.cases[row.CaseID]
		if !ok {
			c = &caseData{hash: row.CaseHash, tags: row.Tags}
			s.cases[row.CaseID] = c
		}
		if c.hash != row.CaseHash {
			return nil, fmt.Errorf("run %s holds case %q with two contents", in.Run.ID, row.CaseID)
		}
		r := repeatData{repeat: row.Repeat, failed: row.Failed, text: row.TextHash, values: make([]float64, width)}
		for i := range r.values {
			r.values[i] = math.NaN()
		}
		for _, sc := range row.Scores {
			if at, ok := keep[sc.Metric]; ok && sc.Status == eval.Scored {
				r.values[at] = sc.Value
			}
		}
		at, twice := slices.BinarySearchFunc(c.repeats, row.Repeat, func(r repeatData, n int) int { return r.repeat - n })
		if twice {
			return nil, fmt.Errorf("run %s holds two answers to case %q, repeat %d", in.Run.ID, row.CaseID, row.Repeat)
		}
		c.repeats = slices.Insert(c.repeats, at, r)
	}
	return s, nil
}

func rowDigest(row *eval.Row) uint64 {
	h := fnv.New64a()
	var b [8]byte
	word := func(v uint64) {
		binary.LittleEndian.PutUint64(b[:], v)
		h.Write(b[:])
	}
	h.Write([]byte(row.CaseID))
	word(uint64(row.Repeat))
	for _, s := range row.Scores {
		word(uint64(s.Metric))
		h.Write([]byte(s.Status))
		word(math.Float64bits(s.Value))
	}
	return h.Sum64()
}

// pair is a case that both runs have with the same content.
type pair struct {
	id         string
	tags       map[string][]string
	base, cand *caseData
}

// pairUp joins two runs by case id and content. The pairs are sorted by id.
func pairUp(base, cand *side) ([]pair, Pairing) {
	var p Pairing
	var pairs []pair
	var edited, removed, added, failed []string
	for id, b := range base.cases {
		c, ok := cand.cases[id]
		switch {
		case !ok:
			removed = append(removed, id)
		case c.hash != b.hash:
			edited = append(edited, id)
		default:
			pairs = append(pairs, pair{id, c.tags, b, c})
			if allFailed(b) || allFailed(c) {
				failed = append(failed, id)
			}
		}
	}
	for id := range cand.cases {
		if _, ok := base.cases[id]; !ok {
			added = append(added, id)
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		if a.id < b.id {
			return -1
		}
		return 1
	})
	p.Paired = len(pairs)
	p.Edited, p.EditedTotal = listed(edited)
	p.Added, p.AddedTotal = listed(added)
	p.Removed, p.RemovedTotal = listed(removed)
	p.Failed, p.FailedTotal = listed(failed)
	return pairs, p
}

func listed(ids []string) ([]string, int) {
	slices.Sort(ids)
	n := len(ids)
	if ids == nil {
		ids = []string{}
	}
	return ids[:min(n, maxListed)], n
}

func allFailed(c *caseData) bool {
	for _, r := range c.repeats {
		if !r.failed {
			return false
		}
	}
	return true
}

// mean is the mean score of a case in one metric; false if it has none.
func (c *caseData) mean(metric int) (float64, bool) {
	sum, n := 0.0, 0
	for _, r := range c.repeats {
		if v := r.values[metric]; v == v {
			sum += v
			n++
		}
	}
	if n == 0 {
		return 0, false
	}
	return sum / float64(n), true
}

// scores lists the scores of a case in one metric, by repeat.
func (c *caseData) scores(metric int) []float64 {
	var list []float64
	for _, r := range c.repeats {
		if v := r.values[metric]; v == v {
			list = append(list, v)
		}
	}
	return list
}

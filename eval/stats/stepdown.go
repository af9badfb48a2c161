package stats

import (
	"cmp"
	"math"
	"slices"
	"sync"
)

// stepDown corrects observed statistics for having looked at all of them, from
// draws of the whole family under the null hypothesis (Westfall and Young 1993,
// Resampling-Based Multiple Testing, algorithm 2.8): the p of the k-th largest
// is the share of draws whose maximum over it and all smaller ones reaches it.
type stepDown struct {
	observed []float64
	order    []int // of the observed, largest first

	mu             sync.Mutex
	farther, equal []int // per position in order
}

func newStepDown(observed []float64) *stepDown {
	s := &stepDown{observed: observed, order: make([]int, len(observed)),
		farther: make([]int, len(observed)), equal: make([]int, len(observed))}
	for i := range s.order {
		s.order[i] = i
	}
	slices.SortStableFunc(s.order, func(a, b int) int { return cmp.Compare(observed[b], observed[a]) })
	return s
}

// tally counts the draws of one chunk.
type tally struct {
	s              *stepDown
	farther, equal []int
}

func (s *stepDown) tally() *tally {
	return &tally{s: s, farther: make([]int, len(s.order)), equal: make([]int, len(s.order))}
}

// add takes in one draw of the whole family and gives its maximum.
func (t *tally) add(draw []float64) float64 {
	highest := math.Inf(-1)
	for k := len(t.s.order) - 1; k >= 0; k-- {
		j := t.s.order[k]
		x := t.s.observed[j]
		tolerance := 1e-9 * (1 + math.Abs(x))
		others := highest
		highest = max(highest, draw[j])
		switch {
		case highest > x+tolerance, others >= x-tolerance:
			t.farther[k]++
		case highest >= x-tolerance:
			t.equal[k]++
		}
	}
	return highest
}

func (t *tally) done() {
	t.s.mu.Lock()
	defer t.s.mu.Unlock()
	for k := range t.farther {
		t.s.farther[k] += t.farther[k]
		t.s.equal[k] += t.equal[k]
	}
}

// p gives the corrected p values in the order of the observed statistics. The
// observed data are one more draw, which equals itself. With mid, draws in which
// the column's own statistic ties with the observed one count half, else fully;
// a tie by another column always counts fully, since many small columns of the
// same size share their extreme values, and half of that mass would be given
// away (ten slices of eight cases: .089 instead of .05).
func (s *stepDown) p(draws int, mid bool) []float64 {
	p := make([]float64, len(s.order))
	atLeast := 0.0
	for k, j := range s.order {
		ties := float64(s.equal[k] + 1)
		if mid {
			ties /= 2
		}
		atLeast = max(atLeast, (float64(s.farther[k])+ties)/float64(draws+1))
		p[j] = atLeast
	}
	return p
}

package drift

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"

	"holdtrue/eval"
)

// PastRun is a run of a history with the names it is pinned under.
type PastRun struct {
	Input
	Pins []string
}

// night is what is kept of a run that takes part: sums over its cases.
type night struct {
	run     eval.Run
	outputs int
	failed  int
	cached  int                   // answers from a cache
	replies []uint64              // hashes of the response ids
	cells   map[string]*nightCell // by slice, "" for all cases
}

// nightCell sums up the cases of a slice. members identifies them whatever
// their order.
type nightCell struct {
	members uint64
	cases   int
	outputs int
	failed  int
	sums    []float64 // per metric, of the means of the cases
	scored  []int     // per metric, cases with a score
}

// pastCase is a case while its rows are read.
type pastCase struct {
	id, hash        string
	slices          []string
	outputs, failed int
	sums            []float64
	scored          []int
}

// fold reads the rows of a run, in any order, into a night.
func fold(ctx context.Context, in Input, keys []string, seed maphash.Seed) (*night, error) {
	n := &night{run: in.Run, cells: map[string]*nightCell{}}
	metrics := len(in.Run.Metrics)
	cases := make([]pastCase, 0, min(max(in.Run.Cases, 0), 1<<20))
	byID := make(map[string]int, cap(cases))
	for row, err := range in.Rows {
		if err != nil {
			return nil, fmt.Errorf("reading run %s: %w", in.Run.ID, err)
		}
		if n.outputs++; n.outputs%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if row.Cached {
			n.cached++
		}
		if row.Response != "" {
			n.replies = append(n.replies, maphash.Comparable(seed, row.CaseID+"\x00"+row.Response))
		}
		i, known := byID[row.CaseID]
		if !known {
			i = len(cases)
			byID[row.CaseID] = i
			cases = append(cases, pastCase{id: row.CaseID, hash: row.CaseHash, slices: eval.SliceNames(row.Tags, keys),
				sums: make([]float64, metrics), scored: make([]int, metrics)})
		}
		if err := cases[i].add(&row, in.Run.Metrics); err != nil {
			return nil, fmt.Errorf("run %s, case %q: %w", in.Run.ID, row.CaseID, err)
		}
	}
	for i := range cases {
		n.take(&cases[i], metrics, seed)
	}
	if all := n.cells[""]; all != nil {
		n.failed = all.failed
	}
	return n, nil
}

func (c *pastCase) add(row *eval.Row, metrics []eval.Metric) error {
	c.outputs++
	if row.Failed {
		c.failed++
	}
	for _, s := range row.Scores {
		if s.Metric < 0 || s.Metric >= len(metrics) {
			return fmt.Errorf("a score of metric %d, expected 0 to %d", s.Metric, len(metrics)-1)
		}
		if s.Status == eval.Scored && metrics[s.Metric].Scale.Has(s.Value) {
			c.sums[s.Metric] += s.Value
			c.scored[s.Metric]++
		}
	}
	return nil
}

func (n *night) take(c *pastCase, metrics int, seed maphash.Seed) {
	member := maphash.Comparable(seed, [2]string{c.id, c.hash})
	n.cell("", metrics).take(c, member)
	for _, s := range c.slices {
		n.cell(s, metrics).take(c, member)
	}
}

func (n *night) cell(slice string, metrics int) *nightCell {
	c := n.cells[slice]
	if c == nil {
		c = &nightCell{sums: make([]float64, metrics), scored: make([]int, metrics)}
		n.cells[slice] = c
	}
	return c
}

func (c *nightCell) take(from *pastCase, member uint64) {
	c.members += member
	c.cases++
	c.outputs += from.outputs
	c.failed += from.failed
	for m, n := range from.scored {
		if n > 0 {
			c.sums[m] += from.sums[m] / float64(n)
			c.scored[m]++
		}
	}
}

// readNights folds runs, several at a time.
func readNights(ctx context.Context, runs []PastRun, keys []string) ([]*night, error) {
	nights, errs := make([]*night, len(runs)), make([]error, len(runs))
	seed := maphash.MakeSeed()
	each(len(runs), func(i int) {
		if ctx.Err() == nil {
			nights[i], errs[i] = fold(ctx, runs[i].Input, keys, seed)
		}
	})
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return nil, errs[i]
	}
	return nights, ctx.Err()
}

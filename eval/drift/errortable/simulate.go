package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"iter"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"holdtrue/eval"
	"holdtrue/eval/drift"
)

// draws is the number of random flips and permutations of a comparison. 999
// decide at the levels of the procedure; a user's comparison takes 9999.
const draws = 999

// job is a scenario to be simulated so many times.
type job struct {
	scenario
	reps  int
	peers bool
	round int // of further repetitions; each has random streams of its own

	level, loss float64 // what the population has and truly loses
	tally       tally
}

// simulate carries out the jobs on all processors. Every repetition of every
// scenario has a random stream that depends on the seed, the scenario and its
// number alone, so that the counts are the same on any machine.
//
// progress is told from time to time how much is done; nil is silent.
func simulate(ctx context.Context, jobs []*job, seed uint64, progress func(done, all int)) error {
	type block struct {
		*job
		from, to int
	}
	findLosses(jobs)
	var blocks []block
	for _, j := range jobs {
		const size = 50
		for from := 0; from < j.reps; from += size {
			blocks = append(blocks, block{j, from, min(j.reps, from+size)})
		}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var mu sync.Mutex
	done := 0
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(blocks) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				b := blocks[i]
				var sum tally
				for rep := b.from; rep < b.to && ctx.Err() == nil; rep++ {
					t, err := b.once(ctx, rand.New(rand.NewPCG(seed, b.stream(rep))))
					if err != nil {
						cancel(fmt.Errorf("%s: %w", b.scenario, err))
					}
					sum.add(t)
				}
				mu.Lock()
				b.tally.add(sum)
				if done++; progress != nil && done*20/len(blocks) > (done-1)*20/len(blocks) {
					progress(done, len(blocks))
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// findLosses sets level and loss of the jobs, each population and change once.
func findLosses(jobs []*job) {
	type key struct {
		population
		change
	}
	found := map[key][2]float64{}
	for _, j := range jobs {
		k := key{j.pop, j.change}
		if _, ok := found[k]; !ok {
			level, _ := j.pop.moments(change{kind: nothing}, 0)
			_, loss := j.pop.moments(j.change, level)
			found[k] = [2]float64{level, loss}
		}
		j.level, j.loss = found[k][0], found[k][1]
	}
}

func (j *job) stream(rep int) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s/%d/%d", j.scenario, j.round, rep)
	return h.Sum64()
}

// once draws two runs and compares them.
func (j *job) once(ctx context.Context, r *rand.Rand) (tally, error) {
	before, after := j.draw(r)
	opts := drift.Options{Draws: draws, MaxCases: 1, Quick: true}
	if j.slices > 0 {
		opts.Slices = []string{"topic"}
		if j.family != nil {
			opts.Slices = append(opts.Slices, "language")
		}
	}
	c, err := drift.Compare(ctx, j.baseline(before), j.candidate(after), opts, nil)
	if err != nil {
		return tally{}, err
	}
	t := tally{Reps: 1}
	t.count(c, j.loss)
	if j.before+j.after < 3 && j.family == nil && j.slices == 0 {
		t.countAlone(before, after)
	}
	if j.peers {
		t.askPeers(r, valuesOf(before), valuesOf(after))
	}
	return t, nil
}

// draw makes the rows of the two runs, the outputs of a case together.
func (j *job) draw(r *rand.Rand) (before, after []eval.Row) {
	metrics, hit, rho := 1, 1, 0.0
	if f := j.family; f != nil {
		metrics, hit, rho = f.metrics, f.hit, f.rho
	}
	u := make([]float64, metrics)
	old, changed, effects := make([]agentCase, metrics), make([]agentCase, metrics), make([]effect, metrics)
	for i := range j.cases {
		hardness := r.Uint64() // the same for all metrics of a case
		for m := range metrics {
			old[m] = j.populationOf(m).newCase(rand.New(rand.NewPCG(hardness, 0)))
			changed[m], effects[m] = old[m], effect{}
		}
		if j.change.kind == collapse { // of the case, for all metrics that are hit
			down := r.Float64() < j.change.size
			for m := range hit {
				if down {
					effects[m].share = 1
				}
			}
		} else {
			for m := range hit {
				changed[m], effects[m] = j.change.apply(r, j.populationOf(m), old[m], j.inSlice(i), j.level)
			}
		}
		id := fmt.Sprint("case ", i)
		output := func(k int, cases []agentCase, effects []effect) eval.Row {
			correlated(r, u, rho)
			row := eval.Row{CaseID: id, CaseHash: id, Repeat: k, Tags: j.tags(i), Text: uint64(i + 1), Scores: make([]eval.RowScore, metrics)}
			for m := range metrics {
				var e effect
				if effects != nil {
					e = effects[m]
				}
				v := cases[m].output(r, u[m], e)
				row.Scores[m] = eval.RowScore{Metric: m, Status: eval.Scored, Value: v}
				row.Text = row.Text*31 + math.Float64bits(v) // as every case has answers of its own
			}
			return row
		}
		for k := range j.before {
			before = append(before, output(k, old, nil))
		}
		for k := range j.after {
			after = append(after, output(k, changed, effects))
		}
	}
	return before, after
}

// correlated fills u with uniform variables whose normal scores have the
// correlation rho.
func correlated(r *rand.Rand, u []float64, rho float64) {
	if len(u) == 1 {
		u[0] = r.Float64()
		return
	}
	common := r.NormFloat64()
	for m := range u {
		u[m] = normalBelow(math.Sqrt(rho)*common + math.Sqrt(1-rho)*r.NormFloat64())
	}
}

// populationOf a metric: with several, two in five are binary.
func (j *job) populationOf(m int) population {
	if j.family != nil && m%5 >= 2 {
		return cm
	}
	return j.pop
}

func (j *job) inSlice(i int) bool {
	if j.family != nil {
		return i%4 == 0
	}
	return i*10 < j.cases
}

// tags of a case: one of ten topics, or in a family one of four topics and, each
// across the other, one of four languages.
func (j *job) tags(i int) map[string][]string {
	switch {
	case j.slices == 0:
		return nil
	case j.family != nil:
		return map[string][]string{"topic": {fmt.Sprint(i % 4)}, "language": {fmt.Sprint(i / 4 % 4)}}
	}
	return map[string][]string{"topic": {fmt.Sprint(i * 10 / j.cases)}}
}

// metrics of both runs.
func (j *job) metrics() []eval.Metric {
	metrics := make([]eval.Metric, 1)
	if j.family != nil {
		metrics = make([]eval.Metric, j.family.metrics)
	}
	for m := range metrics {
		metrics[m] = eval.Metric{Name: fmt.Sprint("metric ", m), Scorer: "simulated", Version: "1", Scale: eval.Unit, Better: eval.Higher, Gate: true}
		if j.populationOf(m).binary() {
			metrics[m].Scale = eval.Binary
		}
	}
	return metrics
}

// baseline gives the first side of a comparison. With a history its outputs are
// those of as many runs: the last is the baseline, the others are pooled with it.
func (j *job) baseline(rows []eval.Row) drift.Input {
	if !j.history {
		return j.run("baseline", rows)
	}
	var runs []drift.Input
	for k := range j.before {
		var one []eval.Row
		for _, row := range rows {
			if row.Repeat == k {
				row.Repeat = 0
				one = append(one, row)
			}
		}
		runs = append(runs, j.run(fmt.Sprint("baseline ", k), one))
	}
	last := runs[len(runs)-1]
	last.Earlier = runs[:len(runs)-1]
	return last
}

func (j *job) candidate(rows []eval.Row) drift.Input { return j.run("candidate", rows) }

func (j *job) run(id string, rows []eval.Row) drift.Input {
	version, _, _ := strings.Cut(id, " ")
	run := eval.Run{ID: id, Suite: "simulated", Agent: "simulated", Version: version, Status: eval.Complete, Cases: j.cases, Metrics: j.metrics()}
	run.Repeats = len(rows) / j.cases
	return drift.Input{Run: run, Rows: stream(rows)}
}

func stream(rows []eval.Row) iter.Seq2[eval.Row, error] {
	return func(yield func(eval.Row, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// valuesOf lists the first metric over all outputs, as peers take it.
func valuesOf(rows []eval.Row) []float64 {
	values := make([]float64, len(rows))
	for i, row := range rows {
		values[i] = row.Scores[0].Value
	}
	return values
}

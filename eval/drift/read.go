package drift

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"slices"

	"holdtrue/eval"
)

// Input is one side of a comparison: a run and its rows, in any order, read once.
type Input struct {
	Run  eval.Run
	Rows iter.Seq2[eval.Row, error]
	// Earlier are other runs of the same agent version. Their answers to cases
	// that Run holds with the same content are pooled with Run's: the cheapest
	// evidence there is of how much that version varies.
	Earlier []Input
	// Replays counts the runs of the same version that were passed over as they
	// replayed a recording which counts already.
	Replays int
	// Words reads the words of outputs; without it on both sides the vocabulary
	// is not compared.
	Words ReadWords
}

// table is what is kept of a side: about 30 bytes a row plus 8 per metric, and
// the ids and hashes of its cases.
type table struct {
	run     eval.Run
	earlier []eval.Run
	digests []digest // of their rows
	cases   []tableCase
	byID    map[string]int32
	rows    []tableRow
	values  []float64 // len(run.Metrics) per row; NaN where there is no score
	marks   map[int32]mark
	side    Side
	judged  []int // per metric: outputs with a score
	unjudge []int // per metric: outputs that the scorer could not judge
	digest  digest
}

type tableCase struct {
	id, hash string
	slices   []string
	rows     []int32 // by run and repeat; set once all rows are there
}

type tableRow struct {
	owner  int32  // index in cases
	run    uint16 // 0 is the run itself, then the earlier ones
	failed bool
	blank  bool
	copied bool // of another answer, and left out
	repeat int
	text   uint64
}

// digest identifies the content of a run whatever the order of its rows.
type digest [4]uint64

func (d *digest) add(record []byte) {
	sum := sha256.Sum256(record)
	for i := range d {
		d[i] += binary.LittleEndian.Uint64(sum[8*i:])
	}
}

func (d *digest) remove(o digest) {
	for i := range d {
		d[i] -= o[i]
	}
}

func (d digest) compare(o digest) int { return slices.Compare(d[:], o[:]) }

// seed mixes two digests, whichever is which.
func seed(a, b digest) uint64 {
	if a.compare(b) > 0 {
		a, b = b, a
	}
	var record []byte
	for _, d := range []digest{a, b} {
		for _, v := range d {
			record = binary.LittleEndian.AppendUint64(record, v)
		}
	}
	sum := sha256.Sum256(record)
	return binary.LittleEndian.Uint64(sum[:])
}

// read takes in all rows of a side. Slices are those of the tag keys. An earlier
// run of which more than maxFailed of the calls failed is not pooled.
func read(ctx context.Context, in Input, keys []string, maxFailed float64) (*table, error) {
	if len(in.Earlier) > maxEarlier {
		return nil, &eval.InputError{Msg: fmt.Sprintf("%d earlier runs of %s; at most %d are pooled", len(in.Earlier), in.Run.Name(), maxEarlier)}
	}
	// The plan is a hint only: growing by doubling would double the peak.
	planned := in.Run.Planned()
	for _, e := range in.Earlier {
		planned += e.Run.Planned()
	}
	rows, cases := min(max(planned, 0), 1<<22), min(max(in.Run.Cases, 0), 1<<22)
	t := &table{run: in.Run, judged: make([]int, len(in.Run.Metrics)), unjudge: make([]int, len(in.Run.Metrics)),
		byID: make(map[string]int32, cases), cases: make([]tableCase, 0, cases), marks: map[int32]mark{},
		rows: make([]tableRow, 0, rows), values: make([]float64, 0, rows*len(in.Run.Metrics))}
	t.side.Run, t.side.Replays = in.Run, in.Replays
	if err := t.readRun(ctx, in, 0, keys); err != nil {
		return nil, err
	}
	for _, e := range in.Earlier {
		if err := t.pool(ctx, e, maxFailed); err != nil {
			return nil, err
		}
	}
	return t, t.index()
}

// maxEarlier bounds the runs that are pooled.
const maxEarlier = 1000

// readRun takes in the rows of one run: the side's own, number 0, or an earlier
// one, of which what the side's own run does not hold alike is passed over.
func (t *table) readRun(ctx context.Context, in Input, number int, keys []string) error {
	place := t.places(in.Run.Metrics)
	var record []byte
	n := 0
	for row, err := range in.Rows {
		if err != nil {
			return fmt.Errorf("reading run %s: %w", in.Run.ID, err)
		}
		if n++; n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if number > 0 && !t.knows(&row) {
			continue
		}
		record, err = t.recorded(record[:0], &row, in.Run.Metrics)
		if err != nil {
			return fmt.Errorf("run %s, case %q: %w", in.Run.ID, row.CaseID, err)
		}
		var sum digest
		sum.add(record)
		for i := range sum {
			t.digest[i] += sum[i]
		}
		if row.Response != "" || row.Cached {
			t.marks[int32(len(t.rows))] = mark{row.Response, row.Cached, sum}
		}
		if err := t.add(&row, number, place, keys); err != nil {
			return err
		}
	}
	return nil
}

// places gives for each metric of a run its index in the side's own run, -1
// where that has none like it.
func (t *table) places(metrics []eval.Metric) []int {
	place := make([]int, len(metrics))
	for i, m := range metrics {
		k := t.metric(m.Name)
		if k >= 0 {
			if same, _ := t.run.Metrics[k].Same(m); !same {
				k = -1
			}
		}
		place[i] = k
	}
	return place
}

// knows says whether the side's own run holds the case with the same content.
func (t *table) knows(row *eval.Row) bool {
	i, ok := t.byID[row.CaseID]
	return ok && t.cases[i].hash == row.CaseHash
}

func (t *table) add(row *eval.Row, number int, place []int, keys []string) error {
	i, known := t.byID[row.CaseID]
	if !known {
		i = int32(len(t.cases))
		t.byID[row.CaseID] = i
		t.cases = append(t.cases, tableCase{id: row.CaseID, hash: row.CaseHash, slices: eval.SliceNames(row.Tags, keys)})
	}
	if t.cases[i].hash != row.CaseHash {
		return &eval.InputError{Msg: fmt.Sprintf("run %s holds two contents of case %q; a case is identified by its id and must not change within a run", t.run.ID, row.CaseID),
			Hint: "give the two cases different ids, then run again"}
	}
	t.rows = append(t.rows, tableRow{owner: i, repeat: row.Repeat, run: uint16(number), failed: row.Failed, blank: row.Blank, text: row.Text})
	at := len(t.values)
	for range t.run.Metrics {
		t.values = append(t.values, math.NaN())
	}
	for _, s := range row.Scores {
		k := place[s.Metric]
		if k < 0 {
			continue
		}
		switch {
		case s.Status == eval.Scored && t.run.Metrics[k].Scale.Has(s.Value):
			t.values[at+k] = s.Value
			t.judged[k]++
		case number == 0 && (s.Status == eval.Scored || s.Status == eval.Failed):
			t.unjudge[k]++
		}
	}
	return nil
}

// recorded writes what the digest covers: identity, status and values, each with
// its length. Standard measures are not covered: a verdict must not depend on
// whether a run has them, nor on the time that an answer took.
func (t *table) recorded(b []byte, row *eval.Row, metrics []eval.Metric) ([]byte, error) {
	text := func(s string) {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(s)))
		b = append(b, s...)
	}
	text(row.CaseID)
	b = binary.LittleEndian.AppendUint64(b, uint64(row.Repeat))
	if row.Failed {
		b = append(b, 1)
	}
	for _, s := range row.Scores {
		if s.Metric < 0 || s.Metric >= len(metrics) {
			return b, fmt.Errorf("a score of metric %d, expected 0 to %d", s.Metric, len(metrics)-1)
		}
		if metrics[s.Metric].Standard {
			continue
		}
		text(metrics[s.Metric].Name)
		text(string(s.Status))
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(s.Value))
	}
	return b, nil
}

// index gives every case its rows by run and repeat, refuses repeated ones,
// drops copies and counts what is left.
func (t *table) index() error {
	order := make([]int32, len(t.rows))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		x, y := &t.rows[a], &t.rows[b]
		return cmp.Or(cmp.Compare(x.owner, y.owner), cmp.Compare(x.run, y.run), cmp.Compare(x.repeat, y.repeat))
	})
	for from := 0; from < len(order); {
		owner := t.rows[order[from]].owner
		to := from + 1
		for ; to < len(order) && t.rows[order[to]].owner == owner; to++ {
			r, before := &t.rows[order[to]], &t.rows[order[to-1]]
			if r.run == before.run && r.repeat == before.repeat {
				return &eval.InputError{Msg: fmt.Sprintf("run %s holds two outputs for repeat %d of case %q", t.run.ID, r.repeat, t.cases[owner].id),
					Hint: "give the outputs different repeat numbers"}
			}
		}
		kept := t.withoutCopies(order[from:to:to])
		t.cases[owner].rows = kept
		t.count(kept)
		from = to
	}
	return nil
}

// count adds the outputs of a case to those of the side.
func (t *table) count(rows []int32) {
	for _, r := range rows {
		if n := t.rows[r].run; n > 0 {
			t.side.Earlier[n-1].Outputs++
			continue
		}
		t.side.Outputs++
		if t.rows[r].failed {
			t.side.Failed++
		}
	}
}

// value of a metric in a row.
func (t *table) value(row int32, metric int) float64 {
	return t.values[int(row)*len(t.run.Metrics)+metric]
}

// scored lists the values of a metric over the repeats of a case.
func (t *table) scored(c int32, metric int, dst []float64) []float64 {
	for _, r := range t.cases[c].rows {
		if v := t.value(r, metric); !math.IsNaN(v) {
			dst = append(dst, v)
		}
	}
	return dst
}

// answered counts the outputs of a case whose call did not fail.
func (t *table) answered(c int32) int {
	n := 0
	for _, r := range t.cases[c].rows {
		if !t.rows[r].failed {
			n++
		}
	}
	return n
}

// metric finds a metric by name, -1 if the run has none.
func (t *table) metric(name string) int {
	return slices.IndexFunc(t.run.Metrics, func(m eval.Metric) bool { return m.Name == name })
}

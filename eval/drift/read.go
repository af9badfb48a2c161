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
	// Words reads the words of outputs; without it on both sides the vocabulary
	// is not compared.
	Words ReadWords
}

// table is what is kept of a run: about 30 bytes a row plus 8 per metric, and
// the ids and hashes of its cases.
type table struct {
	run     eval.Run
	cases   []tableCase
	byID    map[string]int32
	rows    []tableRow
	values  []float64 // len(run.Metrics) per row; NaN where there is no score
	failed  int       // rows whose call failed
	judged  []int     // per metric: outputs with a score
	unjudge []int     // per metric: outputs that the scorer could not judge
	digest  digest
}

type tableCase struct {
	id, hash string
	slices   []string
	rows     []int32 // by repeat; set once all rows are there
}

type tableRow struct {
	owner  int32 // index in cases
	repeat int32
	failed bool
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

// read takes in all rows of a run. Slices are those of the tag keys.
func read(ctx context.Context, in Input, keys []string) (*table, error) {
	// The plan is a hint only: growing by doubling would double the peak.
	rows, cases := min(max(in.Run.Planned(), 0), 1<<22), min(max(in.Run.Cases, 0), 1<<22)
	t := &table{run: in.Run, judged: make([]int, len(in.Run.Metrics)), unjudge: make([]int, len(in.Run.Metrics)),
		byID: make(map[string]int32, cases), cases: make([]tableCase, 0, cases),
		rows: make([]tableRow, 0, rows), values: make([]float64, 0, rows*len(in.Run.Metrics))}
	var record []byte
	for row, err := range in.Rows {
		if err != nil {
			return nil, fmt.Errorf("reading run %s: %w", in.Run.ID, err)
		}
		if len(t.rows)%1024 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if err := t.add(&row, keys); err != nil {
			return nil, err
		}
		record = t.record(record[:0], &row)
		t.digest.add(record)
	}
	return t, t.index()
}

func (t *table) add(row *eval.Row, keys []string) error {
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
	t.rows = append(t.rows, tableRow{owner: i, repeat: int32(row.Repeat), failed: row.Failed, text: row.Text})
	if row.Failed {
		t.failed++
	}
	at := len(t.values)
	for range t.run.Metrics {
		t.values = append(t.values, math.NaN())
	}
	for _, s := range row.Scores {
		if s.Metric < 0 || s.Metric >= len(t.run.Metrics) {
			return fmt.Errorf("run %s, case %q: a score of metric %d, expected 0 to %d", t.run.ID, row.CaseID, s.Metric, len(t.run.Metrics)-1)
		}
		switch {
		case s.Status == eval.Scored && !math.IsNaN(s.Value) && !math.IsInf(s.Value, 0):
			t.values[at+s.Metric] = s.Value
			t.judged[s.Metric]++
		case s.Status == eval.Scored || s.Status == eval.Failed:
			t.unjudge[s.Metric]++
		}
	}
	return nil
}

// record writes what the digest covers: identity, status and values, each with
// its length. Standard measures are not covered: a verdict must not depend on
// whether a run has them, nor on the time that an answer took.
func (t *table) record(b []byte, row *eval.Row) []byte {
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
		if t.run.Metrics[s.Metric].Standard {
			continue
		}
		text(t.run.Metrics[s.Metric].Name)
		text(string(s.Status))
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(s.Value))
	}
	return b
}

// index gives every case its rows by repeat and refuses repeated ones.
func (t *table) index() error {
	order := make([]int32, len(t.rows))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int {
		x, y := &t.rows[a], &t.rows[b]
		return cmp.Or(cmp.Compare(x.owner, y.owner), cmp.Compare(x.repeat, y.repeat))
	})
	for from := 0; from < len(order); {
		owner := t.rows[order[from]].owner
		to := from + 1
		for ; to < len(order) && t.rows[order[to]].owner == owner; to++ {
			if r := t.rows[order[to]].repeat; r == t.rows[order[to-1]].repeat {
				return &eval.InputError{Msg: fmt.Sprintf("run %s holds two outputs for repeat %d of case %q", t.run.ID, r, t.cases[owner].id),
					Hint: "give the outputs different repeat numbers"}
			}
		}
		t.cases[owner].rows = order[from:to:to]
		from = to
	}
	return nil
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

// texts lists the distinct texts of a case.
func (t *table) texts(c int32, dst []uint64) []uint64 {
	for _, r := range t.cases[c].rows {
		if !t.rows[r].failed {
			dst = append(dst, t.rows[r].text)
		}
	}
	slices.Sort(dst)
	return slices.Compact(dst)
}

// metric finds a metric by name, -1 if the run has none.
func (t *table) metric(name string) int {
	return slices.IndexFunc(t.run.Metrics, func(m eval.Metric) bool { return m.Name == name })
}

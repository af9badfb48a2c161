package drift

import (
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"holdtrue/eval"
)

// real is a line of the data sets, with whatever ground truth it has.
type real struct {
	ID        string         `json:"id"`
	Tags      []string       `json:"tags"`
	Prompt    string         `json:"prompt"`
	Output    *string        `json:"output"`
	Reference any            `json:"reference"`
	Truth     map[string]any `json:"truth"`
}

func readReal(t testing.TB, path string) []real {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out []real
	for d := json.NewDecoder(z); d.More(); {
		var r real
		if err := d.Decode(&r); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		out = append(out, r)
	}
	if len(out) == 0 {
		t.Fatalf("%s holds nothing", path)
	}
	return out
}

// realMetric is a 0/1 metric of a data set: its direction and its label, ok
// false where it does not apply.
type realMetric struct {
	name   string
	better eval.Better
	label  func(r *real) (pass, ok bool)
}

func (m *realMetric) metric() eval.Metric {
	return eval.Metric{Name: m.name, Scorer: "label", Version: "1", Scale: eval.Binary, Better: m.better, Gate: true}
}

// truthOf takes a label of the ground truth as it is.
func truthOf(key string) func(*real) (bool, bool) {
	return func(r *real) (bool, bool) {
		switch v := r.Truth[key].(type) {
		case bool:
			return v, true
		case float64:
			return v == 1, true
		}
		return false, false
	}
}

// rowsFor makes rows; slice is the tag "part" of all of them.
func rowsFor(lines []real, metrics []realMetric, slice func(r *real) string) []eval.Row {
	var rows []eval.Row
	for i := range lines {
		r := &lines[i]
		// Gorilla's prompts without retrieval lack the blank at the end.
		x := eval.Row{CaseID: r.ID, CaseHash: eval.ContentHash(strings.TrimSpace(r.Prompt))}
		if slice != nil {
			x.Tags = map[string][]string{"part": {slice(r)}}
		}
		for k := range metrics {
			s := eval.RowScore{Metric: k, Status: eval.Skipped}
			if pass, ok := metrics[k].label(r); ok {
				s.Status = eval.Scored
				if pass {
					s.Value = 1
				}
			}
			x.Scores = append(x.Scores, s)
		}
		if r.Output != nil {
			sum := sha256.Sum256([]byte(*r.Output))
			x.Text = binary.LittleEndian.Uint64(sum[:])
		}
		rows = append(rows, x)
	}
	return rows
}

// family is one comparison of real data: the metrics and slices that share the
// level, and the words that they must get.
type family struct {
	dirs     []string // folders below the data set whose files are put together
	from, to string
	metrics  []realMetric
	slice    func(r *real) string // its name, all slices together a partition; nil for none
	// expected gives the transitions of expected.json for a metric and slice, ""
	// for all cases.
	expected func(metric, slice string) *transitions
	// words are pinned per cell, "metric" and "metric slice", and as "= metric"
	// for a metric that does not get the word of its overall cell.
	words  map[string]Verdict
	report Verdict
}

func (f *family) check(t *testing.T, root string) {
	var before, after []eval.Row
	for _, dir := range f.dirs {
		before = append(before, rowsFor(readReal(t, filepath.Join(root, dir, f.from+".jsonl.gz")), f.metrics, f.slice)...)
		after = append(after, rowsFor(readReal(t, filepath.Join(root, dir, f.to+".jsonl.gz")), f.metrics, f.slice)...)
	}
	var metrics []eval.Metric
	for k := range f.metrics {
		metrics = append(metrics, f.metrics[k].metric())
	}
	opts := Options{}
	if f.slice != nil {
		opts.Slices = []string{"part"}
	}
	c := compare(t, newRun(f.from, metrics...), newRun(f.to, metrics...), before, after, opts)
	o := f.oracle(before, after)
	implied := o.judge(.05, .05)
	at := 0
	for k := range c.Metrics {
		m := &c.Metrics[k]
		for _, cell := range m.cells() {
			part := strings.TrimPrefix(cell.Slice, "part=")
			name := strings.TrimSpace(m.Metric.Name + " " + part)
			w := f.expected(m.Metric.Name, part)
			if m.Metric.Better == eval.Lower { // its passes are failures
				w.PassToFail, w.FailToPass = w.FailToPass, w.PassToFail
			}
			w.check(t, cell)
			f.agree(t, name, cell, &o.columns[at], implied[at], min(c.Draws, 9999))
			t.Logf("%s | %.1f to %.1f %% | -%d +%d of %d | %.3g, corrected %.3g | %s", name,
				100*cell.Baseline, 100*cell.Candidate, cell.Worse, cell.Better, cell.Cases, cell.P, cell.PAdjusted, cell.Verdict)
			at++
		}
		want, other := f.words["= "+m.Metric.Name]
		if !other {
			want = f.words[m.Metric.Name]
		}
		if m.Verdict != want {
			t.Errorf("%s: metric %s, pinned %q", m.Metric.Name, m.Verdict, want)
		}
	}
	if at != len(implied) {
		t.Errorf("%d cells, expected %d", at, len(implied))
	}
	if c.Verdict != f.report {
		t.Errorf("report %s, pinned %q", c.Verdict, f.report)
	}
}

// agree holds a cell to what its transitions imply and to the pinned word.
func (f *family) agree(t *testing.T, name string, cell *Cell, col *column, j judged, draws int) {
	t.Helper()
	better, worse := col.gained, col.lost
	if col.better < 0 {
		better, worse = worse, better
	}
	if cell.Cases != col.n || cell.Worse != worse || cell.Better != better {
		t.Errorf("%s: %d cases, -%d +%d; the labels say %+v", name, cell.Cases, cell.Worse, cell.Better, *col)
	}
	if math.Abs(cell.P-j.mid) > 1e-7*j.mid+1e-300 {
		t.Errorf("%s: mid-p %v, binomial %v", name, cell.P, j.mid)
	}
	// What is drawn has its error, and at least 1/(2 draws + 2); the product's
	// scores approximate the tails that the oracle has exactly.
	allowed := 1e-7*j.adjusted + 1e-300
	if draws > 0 {
		allowed = 5*math.Sqrt(j.adjusted*(1-j.adjusted)/float64(draws)) + .05*j.adjusted + 1/float64(draws)
	}
	if math.Abs(cell.PAdjusted-j.adjusted) > allowed {
		t.Errorf("%s: corrected p %v, implied %v", name, cell.PAdjusted, j.adjusted)
	}
	if cell.HoldsAt == nil || math.Abs(*cell.HoldsAt-j.holdsAt) > 5e-4 {
		t.Errorf("%s: holds at %v, implied %v", name, cell.HoldsAt, j.holdsAt)
	}
	if want := f.words[name]; cell.Verdict != want || j.word != want {
		t.Errorf("%s: %s; the transitions imply %s, pinned %q", name, cell.Verdict, j.word, want)
	}
}

// oracle counts, over the labels, the blocks of cases that changed alike, and
// the columns metric by metric, the overall one first.
func (f *family) oracle(before, after []eval.Row) oracle {
	type cellKey struct {
		metric int
		part   string
	}
	old := map[string]eval.Row{}
	parts := map[string]bool{}
	for _, x := range before {
		old[x.CaseID] = x
	}
	columns := map[cellKey]*column{}
	blocks := map[string]int{} // by part and change in every metric, up to the sign
	changes := map[string][]int{}
	for _, x := range after {
		part := ""
		if f.slice != nil {
			part = x.Tags["part"][0]
			parts[part] = true
		}
		change, first := make([]int, len(f.metrics)), 0
		for k := range f.metrics {
			b, a := old[x.CaseID].Scores[k], x.Scores[k]
			if b.Status != eval.Scored || a.Status != eval.Scored {
				continue
			}
			change[k] = int(a.Value - b.Value)
			if first == 0 {
				first = change[k]
			}
			for _, key := range slices.Compact([]cellKey{{k, ""}, {k, part}}) {
				c := columns[key]
				if c == nil {
					c = &column{better: 1}
					if f.metrics[k].better == eval.Lower {
						c.better = -1
					}
					columns[key] = c
				}
				c.n++
				switch change[k] {
				case -1:
					c.lost++
				case 1:
					c.gained++
				}
			}
		}
		if first != 0 {
			for k := range change {
				change[k] *= first
			}
			key := fmt.Sprint(part, change)
			blocks[key]++
			changes[key] = append([]int(nil), change...)
		}
	}
	var o oracle
	names := slices.Sorted(maps.Keys(blocks))
	for _, name := range names {
		o.blocks = append(o.blocks, blocks[name])
	}
	for k := range f.metrics {
		for _, part := range append([]string{""}, slices.Sorted(maps.Keys(parts))...) {
			c := columns[cellKey{k, part}]
			for _, name := range names {
				coefficient := changes[name][k]
				if part != "" && !strings.HasPrefix(name, part+"[") {
					coefficient = 0
				}
				c.coefficients = append(c.coefficients, coefficient)
			}
			o.columns = append(o.columns, *c)
		}
	}
	return o
}

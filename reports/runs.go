package reports

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"holdtrue/eval"
	"holdtrue/eval/drift"
)

// RunLine is a stored run as a list shows it.
type RunLine struct {
	ID      string    `json:"id"`
	Agent   string    `json:"agent"`
	Version string    `json:"version"`
	Suite   string    `json:"suite"`
	Status  string    `json:"status"`
	Started time.Time `json:"started"`
	Outputs int       `json:"outputs"`
	Planned int       `json:"planned"`
	Failed  int       `json:"failed"`
	Pins    []string  `json:"pins"`
}

// Runs lists runs.
func Runs(w io.Writer, runs []RunLine, opt Options) error {
	if opt.JSON {
		lines := append([]RunLine{}, runs...)
		for i := range lines {
			lines[i].Pins = list(lines[i].Pins)
		}
		return asJSON(w, struct {
			Schema int       `json:"schema"`
			Runs   []RunLine `json:"runs"`
		}{schemaNumber, lines})
	}
	tab := table{header: []string{"run", "agent", "version", "started", "status", "outputs", "failed", "pinned as"}, right: []int{5, 6}}
	for _, r := range runs {
		outputs := fmt.Sprint(r.Outputs)
		if r.Outputs != r.Planned {
			outputs = fmt.Sprintf("%d of %d", r.Outputs, r.Planned)
		}
		tab.add(r.ID, plain(r.Agent), plain(cut(r.Version, 24)), moment(r.Started, opt), r.Status, outputs, fmt.Sprint(r.Failed), plain(strings.Join(r.Pins, ", ")))
	}
	var b bytes.Buffer
	if err := tab.text(&b, opt.Width); err != nil {
		return err
	}
	return flush(w, &b)
}

func moment(t time.Time, opt Options) string {
	if opt.Width == 0 {
		return t.UTC().Format(time.RFC3339)
	}
	return t.Local().Format("2006-01-02 15:04")
}

// Summary shows one run: its metrics and how many outputs they could judge.
func Summary(w io.Writer, s drift.Summary, opt Options) error {
	if opt.JSON {
		return asJSON(w, struct {
			Schema int `json:"schema"`
			drift.Summary
		}{schemaNumber, s})
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "run %s of %s: %s, %s, %s, %s\n", s.Run.ID, plain(s.Run.Name()), s.Run.Status,
		several(s.Cases, "case"), several(s.Outputs, "output"), several(s.Failed, "failed call"))
	for _, e := range s.Errors {
		fmt.Fprintf(&b, "%s of the kind %q, such as: %s\n", several(e.Count, "failed call"), e.Class, plain(e.Example))
	}
	if s.Run.Stopped() {
		fmt.Fprintf(&b, "%s: %s\n", plain(s.Run.Selection), s.Run.StopEarly.Decision)
	}
	b.WriteByte('\n')
	tab := table{header: []string{"metric", "mean", "unit", "scored", "skipped", "missing", "failed"}, right: []int{1, 3, 4, 5, 6}}
	measures := table{header: []string{"measure", "mean", "unit", "outputs"}, right: []int{1, 3}}
	for _, m := range s.Metrics {
		unit, mean := "points of 100", "-"
		if m.Mean != nil {
			mean = level(m.Metric, *m.Mean)
		}
		if m.Metric.Scale == eval.Measure {
			unit = plain(m.Metric.Unit)
		}
		if m.Metric.Standard {
			if m.Scored > 0 {
				measures.add(plain(m.Metric.Name), mean, unit, fmt.Sprint(m.Scored))
			}
			continue
		}
		tab.add(plain(m.Metric.Name), mean, unit, fmt.Sprint(m.Scored), fmt.Sprint(m.Skipped), fmt.Sprint(m.Missing), fmt.Sprint(m.Failed))
	}
	if err := tab.text(&b, opt.Width); err != nil {
		return err
	}
	if len(measures.rows) > 0 {
		b.WriteString("\nMeasured in every run, neither better nor worse\n")
	}
	if err := measures.text(&b, opt.Width); err != nil {
		return err
	}
	return flush(w, &b)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// ScorerLine is a scorer as help shows it.
type ScorerLine struct {
	Name    string      `json:"name"`
	Summary string      `json:"summary"`
	Doc     string      `json:"doc"`
	Version string      `json:"version"`
	Scale   string      `json:"scale"`
	Unit    string      `json:"unit"`
	Better  string      `json:"better"`
	Args    []ScorerArg `json:"args"`
	// Common are the arguments that every metric takes beside its scorer's.
	Common []ScorerArg `json:"common"`
}

// ScorerArg is one argument of a scorer.
type ScorerArg struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Default string `json:"default"`
	Doc     string `json:"doc"`
}

// Scorers lists scorers.
func Scorers(w io.Writer, scorers []ScorerLine, opt Options) error {
	if opt.JSON {
		lines := append([]ScorerLine{}, scorers...)
		for i := range lines {
			lines[i].Args, lines[i].Common = list(lines[i].Args), list(lines[i].Common)
		}
		return asJSON(w, struct {
			Schema  int          `json:"schema"`
			Scorers []ScorerLine `json:"scorers"`
		}{schemaNumber, lines})
	}
	tab := table{header: []string{"scorer", "scale", "better", "arguments", "what it says"}}
	for _, s := range scorers {
		var args []string
		for _, a := range s.Args {
			args = append(args, a.Name)
		}
		tab.add(s.Name, s.Scale, s.Better, strings.Join(args, ", "), s.Summary)
	}
	var b bytes.Buffer
	if err := tab.text(&b, opt.Width); err != nil {
		return err
	}
	return flush(w, &b)
}

// Scorer explains one scorer.
func Scorer(w io.Writer, s ScorerLine, opt Options) error {
	if opt.JSON {
		s.Args, s.Common = list(s.Args), list(s.Common)
		return asJSON(w, struct {
			Schema int `json:"schema"`
			ScorerLine
		}{schemaNumber, s})
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s (version %s): %s\n\nscale: %s; better: %s\n", s.Name, s.Version, s.Doc, s.Scale, s.Better)
	writeArgs(&b, "arguments", s.Args)
	writeArgs(&b, "every metric also takes", s.Common)
	return flush(w, &b)
}

func writeArgs(b *bytes.Buffer, title string, args []ScorerArg) {
	if len(args) > 0 {
		fmt.Fprintf(b, "\n%s:\n", title)
	}
	for _, a := range args {
		fmt.Fprintf(b, "  %s (%s", a.Name, a.Type)
		if a.Default != "" && a.Default != `""` {
			fmt.Fprintf(b, ", default %s", a.Default)
		}
		fmt.Fprintf(b, "): %s\n", a.Doc)
	}
}

// TransformLine is a transform as help shows it.
type TransformLine struct {
	Name string `json:"name"`
	Arg  string `json:"arg"`
	Doc  string `json:"doc"`
}

// Transforms lists the ways to change a text before it is scored.
func Transforms(w io.Writer, transforms []TransformLine, opt Options) error {
	if opt.JSON {
		return asJSON(w, struct {
			Schema     int             `json:"schema"`
			Transforms []TransformLine `json:"transforms"`
		}{schemaNumber, list(transforms)})
	}
	tab := table{header: []string{"transform", "argument", "what it leaves"}}
	for _, t := range transforms {
		tab.add(t.Name, t.Arg, t.Doc)
	}
	var b bytes.Buffer
	if err := tab.text(&b, opt.Width); err != nil {
		return err
	}
	return flush(w, &b)
}

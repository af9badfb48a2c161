package eval

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Binder makes a judge of a metric that somebody wrote down, or says what is
// wrong with it. The package scorers has the one for the built-in scorers.
type Binder func(spec MetricSpec, dir string) (Metric, Judge, error)

// Panel is the metrics of a run, ready to score. Cases that bring metrics of
// their own are announced with Admit before anything is scored; after that a
// Panel is safe for use by several goroutines.
type Panel struct {
	// Mask, if set, is applied to everything that a result says, once it is scored.
	Mask    Mask
	bind    Binder
	dir     string
	metrics []Metric
	judges  []Judge // nil where a metric exists only in cases
	index   map[string]int
	// surveyors are those of judges that have to see the whole suite, by metric.
	surveyors map[int]Surveyor
	// perCase holds the judges of cases, by the identity of the metric, since
	// many cases ask for the same.
	perCase map[string]Judge
	// gated tells the metrics of cases of which a case has said whether they gate.
	gated map[int]bool
}

// NewPanel binds the metrics of a suite. All errors are returned together.
func NewPanel(specs []MetricSpec, dir string, bind Binder) (*Panel, error) {
	p := &Panel{bind: bind, dir: dir, index: map[string]int{}, perCase: map[string]Judge{}, gated: map[int]bool{}, surveyors: map[int]Surveyor{}}
	var errs []error
	for _, spec := range specs {
		m, j, err := bind(spec, dir)
		if err == nil {
			err = checkMargin(spec, m.Scale)
		}
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if _, twice := p.index[m.Name]; twice {
			errs = append(errs, &InputError{Pos: spec.Pos, Msg: fmt.Sprintf("two metrics are named %s", m.Name),
				Hint: "give one of them another name: {" + spec.Scorer + ": {name: ...}}"})
			continue
		}
		if s, ok := j.(Surveyor); ok {
			p.surveyors[len(p.metrics)] = s
		}
		p.index[m.Name] = len(p.metrics)
		p.metrics = append(p.metrics, m)
		p.judges = append(p.judges, j)
	}
	return p, errors.Join(errs...)
}

// checkMargin says what is wrong with the margin of a metric. One of 5 would
// let any score hold whatever happened.
func checkMargin(spec MetricSpec, scale Scale) error {
	expected := ""
	switch {
	case spec.Margin == nil:
	case !(*spec.Margin >= 0):
		expected = "a loss, 0 or more"
	case *spec.Margin > 1 && scale != Measure:
		expected = "a loss in score points, from 0 to 1 (0.05 is five points of 100)"
	}
	if expected == "" {
		return nil
	}
	return &InputError{Pos: spec.Pos, Msg: fmt.Sprintf("metric %s: margin is %v; expected %s", spec.Label(), *spec.Margin, expected)}
}

// Admit takes in one case: its own metrics are bound, and judges that survey the
// suite see it.
func (p *Panel) Admit(c *Case) error {
	var errs []error
	for _, s := range p.surveyors {
		s.Survey(c)
	}
	for _, spec := range c.Checks {
		err := p.admit(spec)
		if err == nil {
			err = p.agree(p.index[spec.Label()], spec)
		}
		if err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

func (p *Panel) admit(spec MetricSpec) error {
	key := checkKey(spec)
	if _, known := p.perCase[key]; known {
		return nil
	}
	m, j, err := p.bind(spec, p.dir)
	if err != nil {
		return err
	}
	i, named := p.index[m.Name]
	if _, surveys := j.(Surveyor); surveys {
		return &InputError{Pos: spec.Pos, Msg: fmt.Sprintf("scorer %s learns from the whole suite, so one case alone cannot bring it", spec.Scorer),
			Hint: "name it under \"metrics:\" of the suite, and let the case's tags choose it"}
	}
	switch {
	case !named:
		m.PerCase, m.Args = true, nil
		p.index[m.Name] = len(p.metrics)
		p.metrics = append(p.metrics, m)
		p.judges = append(p.judges, nil)
	case p.metrics[i].Scorer != m.Scorer:
		return &InputError{Pos: spec.Pos, Msg: fmt.Sprintf("metric %s uses scorer %s here and %s elsewhere", m.Name, m.Scorer, p.metrics[i].Scorer),
			Hint: "give this one a name of its own: {" + spec.Scorer + ": {name: ...}}"}
	case p.metrics[i].Scale != m.Scale:
		return &InputError{Pos: spec.Pos, Msg: fmt.Sprintf("metric %s is %s here and %s elsewhere", m.Name, m.Scale, p.metrics[i].Scale)}
	case p.metrics[i].Unit != m.Unit:
		return &InputError{Pos: spec.Pos, Msg: fmt.Sprintf("metric %s counts %s here and %s elsewhere", m.Name, m.Unit, p.metrics[i].Unit),
			Hint: "give this one a name of its own: {" + spec.Scorer + ": {name: ...}}"}
	}
	p.perCase[key] = j
	return nil
}

// agree holds a case to what is known of its metric's part in the verdict, which
// belongs to all cases together; the first case that says it decides.
func (p *Panel) agree(i int, spec MetricSpec) error {
	if err := checkMargin(spec, p.metrics[i].Scale); err != nil {
		return err
	}
	m := &p.metrics[i]
	differs := func(what string, here, elsewhere any) error {
		return &InputError{Pos: spec.Pos, Msg: fmt.Sprintf("metric %s has %s %v here and %v elsewhere; it belongs to all cases together", m.Name, what, here, elsewhere),
			Hint: "say it once, or give this one a name of its own: {" + spec.Scorer + ": {name: ...}}"}
	}
	switch {
	case spec.Margin == nil:
	case m.Margin == nil && m.PerCase:
		m.Margin = spec.Margin
	case m.Margin == nil:
		return differs("margin", *spec.Margin, "the comparison's")
	case *m.Margin != *spec.Margin:
		return differs("margin", *spec.Margin, *m.Margin)
	}
	switch {
	case spec.Gate == nil:
	case m.PerCase && !p.gated[i]:
		m.Gate, p.gated[i] = *spec.Gate, true
	case m.Gate != *spec.Gate:
		return differs("gate:", *spec.Gate, m.Gate)
	}
	return nil
}

func checkKey(spec MetricSpec) string {
	return spec.Scorer + "\x00" + spec.Label() + "\x00" + string(spec.Args)
}

// Metrics lists the metrics in the order of the scores of a result. Ask again
// after the last case was admitted: cases may add metrics, and surveys end.
func (p *Panel) Metrics() []Metric {
	metrics := slices.Clone(p.metrics)
	for i, s := range p.surveyors {
		metrics[i].Survey = s.Digest()
	}
	return metrics
}

// Evaluate scores one output. A judge that panics or returns a value outside
// its scale gives a failed score, never a failed run. Outputs of the same case may
// be given the same shared; nil shares nothing.
func (p *Panel) Evaluate(ctx context.Context, c *Case, o *Output, shared *Shared) Result {
	r := Result{Output: *o, Scores: make([]Score, 0, len(p.metrics))}
	sample := &Sample{Case: c, Output: o, Shared: shared}
	for i, m := range p.metrics {
		j := p.judge(i, c)
		if j == nil {
			continue
		}
		s := Score{Status: Missing, Reason: "the call failed"}
		if !o.Failed() {
			s = scoreOne(ctx, j, m, sample)
		}
		if m.Standard && !s.standard() {
			continue
		}
		s.Metric = m.Name
		r.Scores = append(r.Scores, s)
	}
	if p.Mask != nil {
		p.Mask.result(&r)
	}
	return r
}

// judge finds who scores metric i on the case: the case's own check of that
// name, or the suite's.
func (p *Panel) judge(i int, c *Case) Judge {
	for _, spec := range c.Checks {
		if spec.Label() == p.metrics[i].Name {
			return p.perCase[checkKey(spec)]
		}
	}
	return p.judges[i]
}

func scoreOne(ctx context.Context, j Judge, m Metric, sample *Sample) (s Score) {
	defer func() {
		if r := recover(); r != nil {
			s = Fail(fmt.Sprintf("scorer %s panicked: %v", m.Scorer, r))
		}
	}()
	s = j.Score(ctx, sample)
	if s.Status == Scored && !m.Scale.Has(s.Value) {
		return Fail(fmt.Sprintf("scorer %s gave %v, which is outside a %s scale", m.Scorer, s.Value, m.Scale))
	}
	return s
}

// Close closes the judges that hold resources.
func (p *Panel) Close() error {
	var errs []error
	for _, j := range p.judges {
		errs = append(errs, closeJudge(j))
	}
	for _, j := range p.perCase {
		errs = append(errs, closeJudge(j))
	}
	return errors.Join(errs...)
}

func closeJudge(j Judge) error {
	if c, ok := j.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

// InputError is something wrong with what a user wrote: where, what was found
// and expected, and what to do next. Hint may be empty.
type InputError struct {
	Pos  Pos
	Msg  string
	Hint string
}

// Error gives "file:line: message".
func (e *InputError) Error() string {
	if e.Pos.File == "" {
		return e.Msg
	}
	return e.Pos.String() + ": " + e.Msg
}

// InputErrors flattens joined errors and lists the hints among them once each.
// An error that wraps several others under a message of its own, such as one
// with a sentinel to be found by errors.Is, is one line.
func InputErrors(err error) (lines, hints []string) {
	seen := map[string]bool{}
	var walk func(error)
	walk = func(err error) {
		if err == nil {
			return
		}
		if many, ok := err.(interface{ Unwrap() []error }); ok && err.Error() == errors.Join(many.Unwrap()...).Error() {
			for _, e := range many.Unwrap() {
				walk(e)
			}
			return
		}
		lines = append(lines, strings.TrimSpace(err.Error()))
		var in *InputError
		if errors.As(err, &in) && in.Hint != "" && !seen[in.Hint] {
			seen[in.Hint] = true
			hints = append(hints, in.Hint)
		}
	}
	walk(err)
	return lines, hints
}

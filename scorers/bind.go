package scorers

import (
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// fixer is a struct of arguments that is completed at binding from what lies in
// dir, so that the metric's identity holds everything that decides a score.
type fixer interface{ fix(dir string) error }

// unitOf is a struct of arguments that choose the unit of a measure.
type unitOf interface{ unit() string }

// identified is a judge whose scores are decided by more than its arguments.
type identified interface{ identity() stdjson.RawMessage }

// Bind makes a metric and its judge of what somebody wrote; it is an
// eval.Binder. File names in arguments are read against dir. What is wrong is
// said as an *eval.InputError at the place of the metric, several faults at
// once joined.
func Bind(spec eval.MetricSpec, dir string) (eval.Metric, eval.Judge, error) {
	s, ok := Find(spec.Scorer)
	if !ok {
		return eval.Metric{}, nil, unknown(spec)
	}
	m := eval.Metric{Name: spec.Label(), Scorer: s.Name, Version: s.Version, Scale: s.Scale, Unit: s.Unit,
		Better: s.Better, Gate: s.Better != eval.Neither, Margin: spec.Margin}
	if spec.Gate != nil {
		m.Gate = *spec.Gate
	}
	fault := func(err error) (eval.Metric, eval.Judge, error) {
		return eval.Metric{}, nil, located(spec, err)
	}
	own, form, err := splitArgs(spec.Args)
	if err != nil {
		return fault(err)
	}
	args, err := effective(s, own)
	if err != nil {
		return fault(err)
	}
	if args != nil {
		if f, ok := args.(fixer); ok {
			if err := f.fix(dir); err != nil {
				return fault(err)
			}
		}
		raw, err := json.Marshal(args, json.Deterministic(true))
		if err != nil {
			return fault(err)
		}
		m.Args = eval.CanonicalJSON([]byte(raw))
		if u, ok := args.(unitOf); ok && m.Scale == eval.Measure {
			m.Unit = u.unit()
		}
	}
	judge, err := s.New(eval.Setup{Args: m.Args, Dir: dir, Bind: Bind})
	if err != nil {
		return fault(err)
	}
	if i, ok := judge.(identified); ok {
		m.Args = i.identity()
	}
	if m.Args, err = mergeArgs(m.Args, form); err != nil {
		return fault(err)
	}
	shaped, err := form.apply(&m, judge)
	if err != nil {
		if c, ok := judge.(io.Closer); ok {
			err = errors.Join(err, c.Close())
		}
		return fault(err)
	}
	if spec.Gate == nil {
		m.Gate = m.Better != eval.Neither
	}
	return m, shaped, nil
}

// unknown explains a scorer that does not exist.
func unknown(spec eval.MetricSpec) error {
	e := &eval.InputError{Pos: spec.Pos, Hint: "run `holdtrue scorers` for what there is"}
	if base, ok := strings.CutPrefix(spec.Scorer, notPrefix); ok {
		if s, ok := Find(base); ok {
			e.Msg = fmt.Sprintf("there is no %s: only yes/no scorers have a not- form, and %s has the scale %s", spec.Scorer, base, s.Scale)
			return e
		}
	}
	e.Msg = fmt.Sprintf("no scorer is called %q", spec.Scorer)
	if near := wire.Nearest(spec.Scorer, Names()); near != "" {
		e.Msg += fmt.Sprintf("; did you mean %q?", near)
	} else {
		var known []string
		for _, s := range All {
			known = append(known, s.Name)
		}
		e.Msg += "; known: " + strings.Join(known, ", ")
	}
	return e
}

// located puts the metric's place and scorer before every fault.
func located(spec eval.MetricSpec, err error) error {
	if many, ok := err.(interface{ Unwrap() []error }); ok {
		var errs []error
		for _, e := range many.Unwrap() {
			errs = append(errs, located(spec, e))
		}
		return errors.Join(errs...)
	}
	msg, hint := err.Error(), ""
	var in *eval.InputError
	if errors.As(err, &in) {
		msg, hint = in.Error(), in.Hint // with the place in a file that the metric names
	}
	if hint == "" {
		hint = fmt.Sprintf("run `holdtrue scorers %s` for its arguments", spec.Scorer)
	}
	return &eval.InputError{Pos: spec.Pos, Msg: fmt.Sprintf("metric %s (scorer %s): %s", spec.Label(), spec.Scorer, msg), Hint: hint}
}

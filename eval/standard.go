package eval

import (
	"errors"
	"fmt"
	"strings"
)

// AddStandard adds the measures that every run has beside what its suite and
// cases ask for, after the last case was admitted. One that the suite measures
// already, by its name or with a scorer that leaves nothing to choose, is passed
// over. Whatever the scorer, a standard measure is neither better nor worse and
// does not gate.
func (p *Panel) AddStandard(specs []MetricSpec) error {
	own := len(p.metrics)
	var errs []error
	for _, spec := range specs {
		if _, named := p.index[spec.Label()]; named || len(spec.Args) == 0 && uses(p.metrics[:own], spec.Scorer) {
			continue
		}
		m, j, err := p.bind(spec, p.dir)
		if err != nil {
			errs = append(errs, fmt.Errorf("standard measure %s: %w", spec.Label(), err))
			continue
		}
		m.Standard, m.Better, m.Gate, m.Margin = true, Neither, false, nil
		p.index[m.Name] = len(p.metrics)
		p.metrics = append(p.metrics, m)
		p.judges = append(p.judges, j)
	}
	return errors.Join(errs...)
}

// uses reports whether every case is scored by the scorer, or by its opposite.
func uses(metrics []Metric, scorer string) bool {
	for _, m := range metrics {
		if !m.PerCase && strings.TrimPrefix(m.Scorer, "not-") == scorer {
			return true
		}
	}
	return false
}

// standard reports whether the score of a standard measure is kept: one without
// a value says nothing that its absence would not, but for a fault. What is kept
// is the value alone, for every output has it.
func (s *Score) standard() bool {
	if s.Status == Scored {
		s.Reason, s.Evidence = "", nil
	}
	return s.Status == Scored || s.Status == Failed
}

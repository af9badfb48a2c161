package lineage

import (
	"fmt"
	"slices"
	"strings"
)

// eliminate lists what is left unexplained, and names what changed everywhere: first
// where it is the only change or most of what regressed is left unexplained, behind
// the attributes where nothing that changed in some cases only accounts for any of
// it.
func (e *Explanation) eliminate(union map[int32]bool) {
	explained := map[string]bool{}
	for _, c := range e.Causes {
		for _, id := range c.Cases {
			explained[id] = true
		}
	}
	for i, id := range e.ids {
		if union[int32(i)] && !explained[id] {
			e.Unexplained = append(e.Unexplained, id)
		}
	}
	broad := e.broad()
	for i := range e.Causes {
		for _, f := range broad {
			if c := &e.Causes[i]; !c.Changed && !f.Label {
				c.Everywhere = append(c.Everywhere, *f)
			}
		}
	}
	if len(broad) > 0 {
		changed := slices.ContainsFunc(e.Causes, func(c Cause) bool { return c.Changed })
		told := !broad[0].Label
		switch most := 2*len(e.Unexplained) > len(union); {
		case told && (most || e.only() == broad[0]):
			e.Causes = slices.Insert(e.Causes, 0, e.everywhere(broad, union))
		case !changed:
			e.Causes = append(e.Causes, e.everywhere(broad, union))
		}
	}
	if only := e.only(); only != nil && e.code() == "" {
		for i := range e.Causes {
			if c := &e.Causes[i]; c.Changed && c.key() == only.key() {
				c.Sure = OnlyChange
			}
		}
	}
}

// broad are the changes that (nearly) every case has. What only names a version
// counts where nothing says more.
func (e *Explanation) broad() []*Factor {
	var told, labels []*Factor
	for _, f := range e.factors {
		switch {
		case !f.Changed || float64(f.Cases) < nearlyAll*float64(e.Paired):
		case f.Any && slices.ContainsFunc(told, func(o *Factor) bool { return related(f, o) }):
		case f.Label:
			labels = append(labels, f)
		case !follows(f, told):
			told = append(told, f)
		}
	}
	if len(told) > 0 {
		return told
	}
	return labels
}

// follows says that a change is a consequence of one before it: a result of other
// arguments, the model that answers of the model that was asked.
func follows(f *Factor, before []*Factor) bool {
	return slices.ContainsFunc(before, func(o *Factor) bool {
		pair := func(a, b Kind) bool { return f.Kind == a && o.Kind == b }
		return related(f, o) || pair(Requested, Model) && f.From == o.From && f.To == o.To || pair(Fingerprint, Model) || pair(Finish, Template) || pair(Template, Retrieval)
	})
}

// everywhere is the cause that what changed everywhere may be.
func (e *Explanation) everywhere(broad []*Factor, union map[int32]bool) Cause {
	first := broad[0]
	c := Cause{Factor: *first, Sure: Eliminated, Regressed: len(union), Others: e.Paired - len(union), P: 1, Adjusted: 1}
	for _, i := range first.members {
		if union[i] {
			c.Hit++
			c.Cases = append(c.Cases, e.ids[i])
		}
	}
	c.OtherHit = first.Cases - c.Hit
	c.Coverage, c.Inside, c.Outside = share(c.Hit, c.Regressed), share(c.Hit, first.Cases), share(c.Regressed-c.Hit, e.Paired-first.Cases)
	if all := share(c.Regressed, e.Paired); all > 0 {
		c.Lift = c.Inside / all
	}
	for _, o := range broad[1:] {
		c.Same, c.Sure = append(c.Same, *o), Inseparable
	}
	if first.Label {
		c.Sure = Unknown
	}
	return c
}

// only is the one change that is recorded beside the names of versions, nil where
// there are none or several.
func (e *Explanation) only() *Factor {
	var told []*Factor
	for _, f := range e.factors {
		switch {
		case !f.Changed || f.Label || follows(f, told):
		case f.Kind == Document && (f.From == "" || f.To == ""):
			// One of several that its gathering tells of, or that one.
			if gathered := slices.ContainsFunc(e.factors, func(o *Factor) bool { return o.Kind == Retrieval }); !gathered {
				told = append(told, f)
			}
		default:
			told = append(told, f)
		}
	}
	if len(told) != 1 {
		return nil
	}
	return told[0]
}

// code says how the agent's code differs, "" where nothing says that it does.
func (e *Explanation) code() string {
	for _, f := range e.factors {
		if f.isCode() {
			return f.String()
		}
	}
	return ""
}

// Named are the causes that say what changed or where, without those that only
// name a version.
func (e *Explanation) Named() []Cause {
	var named []Cause
	for _, c := range e.Causes {
		if !c.Label {
			named = append(named, c)
		}
	}
	return named
}

// conclude says how sure the first cause is.
func (e *Explanation) conclude() {
	switch {
	case e.Regressed == 0:
		e.Why = "nothing regressed, so there is nothing to explain"
		return
	case e.ChangesTotal == 0:
		e.Why = "nothing that is recorded differs between the runs, so no cause is named"
		return
	case len(e.Causes) == 0:
		e.Why = "nothing that changed, and no attribute of the cases, goes with what regressed beyond chance"
		return
	}
	c := &e.Causes[0]
	e.Sure = c.Sure
	switch c.Sure {
	case OnlyChange:
		e.Why = "it is the only thing recorded that changed between the runs"
	case Associated:
		e.Why = "it goes with what regressed beyond chance, which is no proof"
		if !c.Changed {
			e.Why = "the cases that share it regressed beyond chance; it did not change itself, so something that did must have hit them"
		}
	case Inseparable:
		e.Why = fmt.Sprintf("it cannot be told from what else changed in the same cases: %s", names(c.Same))
	case Eliminated:
		e.Why = "it changed everywhere, and nothing that changed in some cases only accounts for most of what regressed; a comparison of these two runs cannot test it"
		if code := e.code(); code != "" {
			e.Why += "; the code may have changed more (" + code + ")"
		}
	case Unknown:
		e.Why = "only the names of the versions differ; nothing that is recorded says what changed"
	}
	e.separate()
}

func names(factors []Factor) string {
	var parts []string
	for i := range factors {
		if i == 5 {
			parts = append(parts, fmt.Sprintf("%d more", len(factors)-5))
			break
		}
		parts = append(parts, factors[i].String())
	}
	return strings.Join(parts, "; ")
}

// separate lists the runs that would tell inseparable changes apart: each change
// by itself on the baseline's other settings.
func (e *Explanation) separate() {
	for i := range e.Causes {
		c := &e.Causes[i]
		if c.Sure != Inseparable {
			continue
		}
		for _, f := range append([]Factor{c.Factor}, c.Same...) {
			if len(e.Separate) == 5 {
				return
			}
			e.Separate = append(e.Separate, fmt.Sprintf("a run of the candidate with %s put back as it was", f.thing()))
		}
	}
}

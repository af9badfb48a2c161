package lineage

import (
	"fmt"
	"slices"
	"strings"
)

// eliminate lists what is left unexplained, and names what changed everywhere
// where nothing that changed in some cases accounts for any of it.
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
	switch {
	case len(broad) == 0:
	case slices.ContainsFunc(e.Causes, func(c Cause) bool { return c.Changed }):
		// What changed everywhere may have its part; what goes with the cases is named.
	default:
		e.addBroad(broad, union)
	}
	e.onlyChange()
}

// broad are the changes that (nearly) every case has. What only names a version
// counts where nothing says more.
func (e *Explanation) broad() []*Factor {
	var told, labels []*Factor
	for _, f := range e.factors {
		switch {
		case !f.Changed || float64(f.Cases) < everywhere*float64(e.Paired):
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

// addBroad names what changed everywhere. Behind an attribute it says what could
// have made the cases with it worse.
func (e *Explanation) addBroad(broad []*Factor, union map[int32]bool) {
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
	e.Causes = append(e.Causes, c)
}

// onlyChange marks a cause beside which nothing changed.
func (e *Explanation) onlyChange() {
	var told []*Factor
	for _, f := range e.factors {
		if f.Changed && !f.Label && !follows(f, told) {
			told = append(told, f)
		}
	}
	if len(told) != 1 {
		return
	}
	for i := range e.Causes {
		if c := &e.Causes[i]; c.Changed && c.same(told[0]) {
			c.Sure = OnlyChange
		}
	}
}

func (f *Factor) same(o *Factor) bool {
	return f.Kind == o.Kind && f.Name == o.Name && f.From == o.From && f.To == o.To && f.Any == o.Any
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
		e.Why = "it changed everywhere, and nothing that changed in some cases only goes with what regressed; a comparison of these two runs cannot test it"
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

package lineage

import (
	"cmp"
	"slices"

	"holdtrue/eval/stats"
)

// view is a symptom over the indexes of the paired cases.
type view struct {
	metric    string
	measured  []bool
	regressed []bool
	union     map[int32]bool // regressed on any metric
	adjusted  map[*Factor]float64
}

// views turns symptoms around, and adds that of any metric where there are several.
func (e *Explanation) views(symptoms []Symptom) []*view {
	index := make(map[string]int32, len(e.ids))
	for i, id := range e.ids {
		index[id] = int32(i)
	}
	all := &view{measured: make([]bool, len(e.ids)), regressed: make([]bool, len(e.ids))}
	union := map[int32]bool{}
	var views []*view
	symptoms = slices.Clone(symptoms)
	slices.SortFunc(symptoms, func(a, b Symptom) int { return cmp.Compare(a.Metric, b.Metric) })
	for _, s := range symptoms {
		v := &view{metric: s.Metric, measured: make([]bool, len(e.ids)), regressed: make([]bool, len(e.ids)), union: union}
		any := false
		for _, id := range s.Measured {
			if i, ok := index[id]; ok {
				v.measured[i], all.measured[i] = true, true
			}
		}
		for _, id := range s.Regressed {
			if i, ok := index[id]; ok && v.measured[i] {
				v.regressed[i], all.regressed[i], union[i], any = true, true, true, true
			}
		}
		if any {
			views = append(views, v)
		}
	}
	if len(views) > 1 {
		all.union = union
		views = append([]*view{all}, views...)
	}
	return views
}

// within restricts a view to the cases that are left: their number, which of them
// regressed, and which have each factor.
func (v *view) within(left []bool, factors []*Factor) (n int, marked []int32, members [][]int32) {
	place := make([]int32, len(v.measured))
	for i, ok := range v.measured {
		place[i] = -1
		if ok && left[i] {
			place[i] = int32(n)
			n++
			if v.regressed[i] {
				marked = append(marked, place[i])
			}
		}
	}
	members = make([][]int32, len(factors))
	for k, f := range factors {
		for _, i := range f.members {
			if place[i] >= 0 {
				members[k] = append(members[k], place[i])
			}
		}
	}
	return n, marked, members
}

// testable are the factors that can go with something: two cases have them or
// more, and not all do.
func (e *Explanation) testable(changed bool) []*Factor {
	var list []*Factor
	for _, f := range e.factors {
		if f.Changed == changed && f.Cases >= 2 && f.Cases < e.Paired {
			list = append(list, f)
		}
	}
	if len(list) > maxTested {
		slices.SortStableFunc(list, func(a, b *Factor) int { return -cmp.Compare(a.Cases, b.Cases) })
		list = list[:maxTested]
		slices.SortFunc(list, compareFactors)
	}
	return list
}

// associate finds the factors that go with what regressed, one after the other:
// each is the best for the cases that those before it do not account for.
func (e *Explanation) associate(views []*view) {
	left := make([]bool, len(e.ids))
	for i := range left {
		left[i] = true
	}
	var candidates []*Factor
	for _, family := range []struct {
		changed bool
		alpha   float64
	}{{true, alphaChanges}, {false, alphaAttributes}} {
		factors := e.testable(family.changed)
		e.Tested += len(factors)
		found := map[*Factor]bool{}
		for k, v := range views {
			if v.adjusted == nil {
				v.adjusted = map[*Factor]float64{}
			}
			n, marked, members := v.within(left, factors)
			_, adjusted := stats.Associated(n, marked, members, draws, uint64(k))
			for i, f := range factors {
				v.adjusted[f] = min(1, adjusted[i]*float64(len(views)))
				found[f] = found[f] || v.adjusted[f] <= family.alpha
			}
		}
		for _, f := range factors {
			if found[f] {
				candidates = append(candidates, f)
			}
		}
	}
	for len(candidates) > 0 {
		best, ok := e.best(candidates, views, left)
		if !ok {
			break
		}
		e.take(e.clearest(best, views, left), left)
		candidates = slices.DeleteFunc(candidates, func(f *Factor) bool { return f == best.factor })
	}
}

// shown is a factor beside a symptom, over the cases that are left.
type shown struct {
	factor               *Factor
	view                 *view
	hit, size, marked, n int
	p                    float64
}

// best is the candidate that goes best with what is left, a change unless an
// attribute is much the better. ok is false if none still goes with it at 5 %.
func (e *Explanation) best(candidates []*Factor, views []*view, left []bool) (shown, bool) {
	var change, attribute shown
	change.p, attribute.p = 1, 1
	for _, v := range views {
		n, marked, members := v.within(left, candidates)
		for k, f := range candidates {
			limit := alphaChanges
			if !f.Changed {
				limit = alphaAttributes
			}
			if v.adjusted[f] > limit {
				continue
			}
			s := shown{factor: f, view: v, size: len(members[k]), marked: len(marked), n: n, hit: len(marked) - missing(marked, members[k])}
			s.p = stats.Fisher(s.hit, s.size, s.marked, s.n)
			best := &change
			if !f.Changed {
				best = &attribute
			}
			const rounding = 1 - 1e-9
			if s.hit > 0 && s.p < best.p*rounding {
				*best = s
			}
		}
	}
	switch {
	case change.p > 0.05 && attribute.p > 0.05:
		return shown{}, false
	case change.p > 0.05, attribute.p*beatsChange < change.p && !goesWithin(change, attribute, left):
		return attribute, true
	}
	return change, true
}

// goesWithin says that a change goes with what regressed even among the cases that
// have an attribute, so that it is no mere shadow of the attribute.
func goesWithin(change, attribute shown, left []bool) bool {
	v := change.view
	inside := make([]bool, len(left))
	for _, i := range attribute.factor.members {
		inside[i] = left[i]
	}
	n, marked, members := v.within(inside, []*Factor{change.factor})
	hit := len(marked) - missing(marked, members[0])
	return stats.Fisher(hit, len(members[0]), len(marked), n) <= 0.05
}

// missing counts the marked that are no members; both rise.
func missing(marked, members []int32) int {
	n := 0
	for _, i := range marked {
		if _, ok := slices.BinarySearch(members, i); !ok {
			n++
		}
	}
	return n
}

// clearest shows a factor beside the symptom that it matches best (the highest
// Jaccard index), of those with which it goes beyond chance.
func (e *Explanation) clearest(best shown, views []*view, left []bool) shown {
	limit := alphaChanges
	if !best.factor.Changed {
		limit = alphaAttributes
	}
	match := func(s shown) float64 { return share(s.hit, s.size+s.marked-s.hit) }
	for _, v := range views {
		if v.adjusted[best.factor] > limit {
			continue
		}
		n, marked, members := v.within(left, []*Factor{best.factor})
		s := shown{factor: best.factor, view: v, size: len(members[0]), marked: len(marked), n: n, hit: len(marked) - missing(marked, members[0])}
		s.p = stats.Fisher(s.hit, s.size, s.marked, s.n)
		if s.p <= 0.05 && match(s) > match(best) {
			best = s
		}
	}
	return best
}

// take makes a cause of what was found, and sets its cases aside.
func (e *Explanation) take(s shown, left []bool) {
	f := s.factor
	c := Cause{Factor: *f, Sure: Associated, Metric: s.view.metric, Hit: s.hit, Regressed: s.marked, OtherHit: s.size - s.hit, Others: s.n - s.marked,
		P: s.p, Adjusted: s.view.adjusted[f]}
	c.Coverage, c.Inside = share(s.hit, s.marked), share(s.hit, s.size)
	c.Outside = share(s.marked-s.hit, s.n-s.size)
	if all := share(s.marked, s.n); all > 0 {
		c.Lift = c.Inside / all
	}
	for _, o := range e.factors {
		if o == f || o.Cases == e.Paired || related(f, o) || jaccard(f.members, o.members) < alike {
			continue
		}
		if o.Changed {
			c.Same, c.Sure = append(c.Same, *o), Inseparable
		} else {
			c.Shares = append(c.Shares, *o)
		}
	}
	for _, i := range f.members {
		if left[i] && s.view.union[i] {
			c.Cases = append(c.Cases, e.ids[i])
		}
		left[i] = false
	}
	e.Causes = append(e.Causes, c)
}

func share(part, whole int) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// related says that two factors speak of the same thing, one more widely, or that
// one is a consequence of the other, so that they are no rival causes.
func related(a, b *Factor) bool {
	documents := func(k Kind) bool { return k == Document || k == Source || k == Retrieval }
	switch {
	case a.Kind == b.Kind && a.Name == b.Name && (a.Any || b.Any):
		return true
	case documents(a.Kind) && documents(b.Kind):
		return a.Kind != b.Kind || !a.Changed || !b.Changed
	case a.Kind == Argument && b.Kind == ToolResult || a.Kind == ToolResult && b.Kind == Argument:
		return true
	}
	return false
}

// jaccard is the number of common members over that of all; both rise.
func jaccard(a, b []int32) float64 {
	common := 0
	for i, k := 0, 0; i < len(a) && k < len(b); {
		switch {
		case a[i] < b[k]:
			i++
		case a[i] > b[k]:
			k++
		default:
			common, i, k = common+1, i+1, k+1
		}
	}
	return share(common, len(a)+len(b)-common)
}

package lineage

import (
	"cmp"
	"slices"

	"holdtrue/eval/stats"
)

// Symptom is what a comparison found of one metric: the cases that it measured on
// both sides and those of them that regressed.
type Symptom struct {
	Metric    string // "" is any of several
	Measured  []string
	Regressed []string
}

// The levels at which factors are named, for all symptoms of a comparison
// together: a cause is named wrongly in at most 5 % of the comparisons in which
// what regressed has nothing to do with any factor. Most of it goes to what
// changed, since only that can be a cause.
const (
	alphaChanges    = 0.04
	alphaAttributes = 0.01
	draws           = 1999
	// nearlyAll is the share of the paired cases from which a change is held to
	// be one of the whole run: too few cases lack it to compare with.
	nearlyAll = 0.9
	// alike is the Jaccard index from which two factors cannot be told apart.
	alike = 0.9
	// beatsChange is how many times less likely by chance an attribute has to be
	// than the best change to be named before it.
	beatsChange = 100
	maxTested   = 2000
)

// Sureness says what a named cause rests on. None of them is proof.
type Sureness string

const (
	OnlyChange  Sureness = "only change"    // nothing else that is recorded differs between the runs
	Associated  Sureness = "associated"     // it goes with what regressed, beyond chance
	Inseparable Sureness = "inseparable"    // it cannot be told from what else changed in the same cases
	Eliminated  Sureness = "by elimination" // it changed everywhere, and nothing that changed in some cases goes with what regressed
	Unknown     Sureness = "unknown"
)

// Cause is a factor that accounts for regressed cases.
type Cause struct {
	Factor
	Sure Sureness `json:"sure"`
	// Metric is the one whose regressed cases show it best, "" for any metric.
	Metric string `json:"metric,omitzero"`
	// Hit of the Regressed cases have the factor, OtherHit of the Others, all
	// among the cases that no earlier cause accounts for.
	Hit       int `json:"hit"`
	Regressed int `json:"regressed"`
	OtherHit  int `json:"other_hit"`
	Others    int `json:"others"`
	// P is Fisher's one-sided p over these cases, Adjusted the p over all cases
	// corrected for every factor and metric; 1 where nothing was to be tested.
	P        float64 `json:"p"`
	Adjusted float64 `json:"p_adjusted"`
	// Coverage is the share of the regressed cases that have it, Inside and Outside
	// are the shares that regressed of the cases with it and without it, Lift is
	// Inside over the share that regressed of all; 0 where it does not exist.
	Coverage float64 `json:"coverage"`
	Inside   float64 `json:"rate_inside"`
	Outside  float64 `json:"rate_outside"`
	Lift     float64 `json:"lift"`
	// Same are the changes that (nearly) the same cases have, so that they cannot
	// be told from this one; Shares are attributes of which that holds.
	Same   []Factor `json:"inseparable,omitempty"`
	Shares []Factor `json:"shares,omitempty"`
	// Everywhere are, of an attribute, the changes that every case has: one of them
	// may have hit just the cases with the attribute.
	Everywhere []Factor `json:"everywhere,omitempty"`
	// Cases are the regressed cases that it accounts for.
	Cases []string `json:"cases,omitempty"`
}

// Explanation is what changed between two runs and what accounts for what
// regressed. Causes are in the order in which they were found; the first is the
// first place to look.
type Explanation struct {
	Paired  int      `json:"paired"`
	Changes []Factor `json:"changes"` // whole-run ones first, then by cases; no more than maxChanges
	// ChangesTotal counts all changes, without gatherings.
	ChangesTotal int     `json:"changes_total"`
	Tested       int     `json:"tested"` // factors
	Regressed    int     `json:"regressed"`
	Causes       []Cause `json:"causes"`
	// Unexplained are the regressed cases that no cause by association accounts for.
	Unexplained []string     `json:"unexplained,omitempty"`
	Sure        Sureness     `json:"sure"`
	Why         string       `json:"why"`
	Separate    []string     `json:"separate,omitempty"` // runs that would tell apart what cannot be told apart
	Signatures  []Signature  `json:"signatures,omitempty"`
	Texts       []TextChange `json:"texts,omitempty"`

	ids     []string
	factors []*Factor
}

const maxChanges = 50

// Explain looks for what accounts for the symptoms. It depends on nothing else
// than what the sides hold and the symptoms say, in whatever order. Symptoms
// without a regressed case are passed over; with none left, or where nothing
// changed between the runs, no cause is named.
func Explain(base, cand *Side, symptoms []Symptom) *Explanation {
	e := &Explanation{ids: paired(base, cand), Sure: Unknown, Changes: []Factor{}, Causes: []Cause{}}
	e.Paired = len(e.ids)
	e.factors = factorsOf(base, cand, e.ids)
	e.listChanges()
	views := e.views(symptoms)
	if len(views) > 0 {
		e.Regressed = len(views[0].union)
	}
	if len(views) > 0 && e.ChangesTotal > 0 {
		e.associate(views)
		e.eliminate(views[0].union)
	}
	e.conclude()
	e.Texts = e.texts(base, cand)
	return e
}

// listChanges lists what differs: what every case has first.
func (e *Explanation) listChanges() {
	for _, f := range e.factors {
		if !f.Changed || f.First {
			continue
		}
		if !f.Any || f.Kind == ToolResult {
			e.ChangesTotal++
		}
		e.Changes = append(e.Changes, *f)
	}
	slices.SortStableFunc(e.Changes, func(a, b Factor) int {
		whole := func(f *Factor) int {
			if f.Cases == e.Paired {
				return 0
			}
			return 1
		}
		return cmp.Or(whole(&a)-whole(&b), -cmp.Compare(a.Cases, b.Cases), compareFactors(&a, &b))
	})
	e.Changes = e.Changes[:min(len(e.Changes), maxChanges)]
}

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

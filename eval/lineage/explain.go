package lineage

import (
	"cmp"
	"slices"
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

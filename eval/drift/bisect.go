package drift

import (
	"time"

	"holdtrue/eval"
)

// Sight is what a bisection sees of one run.
type Sight string

const (
	Good       Sight = "good"
	Bad        Sight = "bad"
	CannotTell Sight = "cannot tell"
)

// Sight says whether the candidate is as good as the baseline: on one metric, on
// one slice of every metric, on one slice of one metric, or, with both empty, by
// the word of the whole comparison. Only what holds or improved is good.
func (c *Comparison) Sight(metric, slice string) Sight {
	if c.refused() || metric == "" && slice == "" {
		return c.Verdict.sight()
	}
	words := map[Sight]int{}
	for i := range c.Metrics {
		m := &c.Metrics[i]
		switch {
		case metric != "" && m.Metric.Name != metric:
		case slice == "":
			words[m.Verdict.sight()]++
		default:
			for _, cell := range m.Slices {
				if cell.Slice == slice {
					words[cell.Verdict.sight()]++
				}
			}
		}
	}
	switch {
	case words[Bad] > 0:
		return Bad
	case words[CannotTell] > 0 || words[Good] == 0:
		return CannotTell
	}
	return Good
}

func (v Verdict) sight() Sight {
	switch {
	case v.down():
		return Bad
	case v.up() || v == Holds:
		return Good
	}
	return CannotTell
}

// BisectStep is one run that was looked at.
type BisectStep struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Commit  string    `json:"commit,omitzero"`
	Started time.Time `json:"started"`
	Sight   Sight     `json:"sight"`
}

// Bisection is the end of a search for the first bad one of a row of runs.
type Bisection struct {
	Good  BisectStep   `json:"good"`      // the last run known to be good
	Bad   BisectStep   `json:"first_bad"` // the first run known to be bad
	Steps []BisectStep `json:"steps"`     // in the order in which they were looked at
	// Between are runs between the two of which it could not be told: any of them,
	// too, may be the first bad one.
	Between []BisectStep `json:"between,omitempty"`
}

// Bisect searches runs, oldest first, for the first bad one: the first is known to
// be good, the last to be bad. A run of which it cannot be told is passed over for
// the nearest one that has not been looked at. judge is called at most once a run,
// about as often as the logarithm of their number where it can tell.
func Bisect(runs []eval.Run, judge func(run *eval.Run) (Sight, error)) (*Bisection, error) {
	low, high := 0, len(runs)-1
	b := &Bisection{Good: stepOf(&runs[low], Good), Bad: stepOf(&runs[high], Bad)}
	unclear := map[int]bool{}
	for {
		at := middle(low, high, unclear)
		if at < 0 {
			break
		}
		sight, err := judge(&runs[at])
		if err != nil {
			return nil, err
		}
		step := stepOf(&runs[at], sight)
		b.Steps = append(b.Steps, step)
		switch sight {
		case Good:
			low, b.Good = at, step
		case Bad:
			high, b.Bad = at, step
		default:
			unclear[at] = true
		}
	}
	for i := low + 1; i < high; i++ {
		b.Between = append(b.Between, stepOf(&runs[i], CannotTell))
	}
	return b, nil
}

// middle is the place nearest to the middle between two that is not unclear, -1 if
// there is none.
func middle(low, high int, unclear map[int]bool) int {
	half := low + (high-low)/2
	for away := 0; away <= high-low; away++ {
		for _, at := range []int{half - away, half + away} {
			if at > low && at < high && !unclear[at] {
				return at
			}
		}
	}
	return -1
}

func stepOf(run *eval.Run, sight Sight) BisectStep {
	return BisectStep{ID: run.ID, Name: run.Name(), Commit: commitOf(run), Started: run.Started, Sight: sight}
}

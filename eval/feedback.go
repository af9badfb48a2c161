package eval

import (
	"maps"
	"slices"
	"time"
)

// Said is one piece of feedback on a stored output: what a user said of an
// answer after it was given. It is added to what is stored and never changed.
type Said struct {
	// Value is what was said as a number in [0,1], 1 the best; nil where there
	// is a comment alone.
	Value   *float64  `json:"value,omitzero"`
	As      string    `json:"said,omitzero"` // the thumb, rating or label as it was given
	Comment string    `json:"comment,omitzero"`
	Author  string    `json:"author,omitzero"`
	At      time.Time `json:"at,omitzero"` // when it was said, where that is known
	// Imported is when it was stored.
	Imported time.Time `json:"imported,omitzero"`
}

// FeedbackMetric is the name of the metric that is read from feedback.
const FeedbackMetric = "feedback"

// MeanSaid sums up what was said of one output: the mean of the values, of each
// named author the last one only. ok is false if there is no value. What is said
// stands in the order in which it was imported; a later time counts as later.
func MeanSaid(said []Said) (mean float64, ok bool) {
	last := map[string]Said{}
	var values []float64
	for _, s := range said {
		switch {
		case s.Value == nil:
		case s.Author == "":
			values = append(values, *s.Value)
		default:
			if before, twice := last[s.Author]; !twice || !s.At.Before(before.At) {
				last[s.Author] = s
			}
		}
	}
	sum, n := 0.0, len(values)+len(last)
	for _, v := range values {
		sum += v
	}
	for _, author := range slices.Sorted(maps.Keys(last)) { // sums do not depend on chance
		sum += *last[author].Value
	}
	if n == 0 {
		return 0, false
	}
	return sum / float64(n), true
}

package scorers

import "holdtrue/eval"

var feedbackScorer = &eval.Scorer{
	Name: "feedback",
	Doc: `What users said of the answer, where they said anything: 1 is the best.

The feedback of an output in [0,1]: its label named feedback, or its rating where
that is from 0 to 1. An output without either is skipped. What "holdtrue feedback
import" stores later counts in comparisons and trends in its place, whether a suite
names this scorer or not; naming it gives it a part in the verdict.`,
	Version: "1",
	Scale:   eval.Unit,
	Better:  eval.Higher,
	New: measure("nothing was said of the output, from 0 to 1", func(o *eval.Output) (float64, bool) {
		if o.Feedback == nil {
			return 0, false
		}
		if v, ok := o.Feedback.Labels[eval.FeedbackMetric]; ok && v >= 0 && v <= 1 {
			return v, true
		}
		r := o.Feedback.Rating
		if r == nil || !(*r >= 0 && *r <= 1) {
			return 0, false
		}
		return *r, true
	}),
}

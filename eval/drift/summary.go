package drift

import (
	"fmt"
	"iter"

	"holdtrue/eval"
)

// Summary is what one run holds, by itself.
type Summary struct {
	Run     eval.Run        `json:"run"`
	Cases   int             `json:"cases"` // with at least one output
	Outputs int             `json:"outputs"`
	Failed  int             `json:"failed"` // calls that failed
	Metrics []MetricSummary `json:"metrics"`
}

// MetricSummary counts the scores of one metric by status.
type MetricSummary struct {
	Metric  eval.Metric `json:"metric"`
	Scored  int         `json:"scored"`
	Skipped int         `json:"skipped"`
	Missing int         `json:"missing"`
	Failed  int         `json:"failed"`
	// Mean of the scored values, each output counting the same; nil without any.
	Mean *float64 `json:"mean,omitzero"`
}

// Summarize reads the rows of a run once.
func Summarize(run eval.Run, rows iter.Seq2[eval.Row, error]) (Summary, error) {
	s := Summary{Run: run, Metrics: make([]MetricSummary, len(run.Metrics))}
	sums := make([]float64, len(run.Metrics))
	cases := map[string]struct{}{}
	for row, err := range rows {
		if err != nil {
			return Summary{}, fmt.Errorf("reading run %s: %w", run.ID, err)
		}
		cases[row.CaseID] = struct{}{}
		s.Outputs++
		if row.Failed {
			s.Failed++
		}
		for _, score := range row.Scores {
			if score.Metric < 0 || score.Metric >= len(run.Metrics) {
				return Summary{}, fmt.Errorf("run %s, case %q: a score of metric %d, expected 0 to %d", run.ID, row.CaseID, score.Metric, len(run.Metrics)-1)
			}
			m := &s.Metrics[score.Metric]
			switch {
			case score.Status == eval.Scored && run.Metrics[score.Metric].Scale.Has(score.Value):
				m.Scored++
				sums[score.Metric] += score.Value
			case score.Status == eval.Skipped:
				m.Skipped++
			case score.Status == eval.Missing:
				m.Missing++
			default:
				m.Failed++
			}
		}
	}
	s.Cases = len(cases)
	for i := range s.Metrics {
		m := &s.Metrics[i]
		m.Metric = run.Metrics[i]
		if m.Scored > 0 {
			mean := sums[i] / float64(m.Scored)
			m.Mean = &mean
		}
	}
	return s, nil
}

package drift

import (
	"iter"

	"holdtrue/eval"
)

// Summary is what one run says by itself.
type Summary struct {
	Run     eval.Run        `json:"run"`
	Outputs int             `json:"outputs"`
	Failed  int             `json:"failed"`
	Cases   int             `json:"cases"`
	Metrics []MetricSummary `json:"metrics"`
}

// MetricSummary counts the scores of one metric. Mean is over the outputs that
// were scored, 0 if there is none.
type MetricSummary struct {
	Metric  eval.Metric `json:"metric"`
	Scored  int         `json:"scored"`
	Skipped int         `json:"skipped"`
	Missing int         `json:"missing"`
	Failed  int         `json:"failed"`
	Mean    float64     `json:"mean"`
}

// Summarize adds up the rows of a run.
func Summarize(run eval.Run, rows iter.Seq2[eval.Row, error]) (Summary, error) {
	s := Summary{Run: run, Metrics: make([]MetricSummary, len(run.Metrics))}
	for i, m := range run.Metrics {
		s.Metrics[i].Metric = m
	}
	sums := make([]float64, len(run.Metrics))
	seen := map[string]struct{}{}
	for row, err := range rows {
		if err != nil {
			return s, err
		}
		s.Outputs++
		seen[row.CaseID] = struct{}{}
		if row.Failed {
			s.Failed++
		}
		for _, sc := range row.Scores {
			m := &s.Metrics[sc.Metric]
			switch sc.Status {
			case eval.Scored:
				m.Scored++
				sums[sc.Metric] += sc.Value
			case eval.Skipped:
				m.Skipped++
			case eval.Missing:
				m.Missing++
			case eval.Failed:
				m.Failed++
			}
		}
	}
	for i := range s.Metrics {
		if n := s.Metrics[i].Scored; n > 0 {
			s.Metrics[i].Mean = sums[i] / float64(n)
		}
	}
	s.Cases = len(seen)
	return s, nil
}

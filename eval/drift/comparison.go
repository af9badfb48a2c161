package drift

import (
	"time"

	"holdtrue/eval"
	"holdtrue/eval/lineage"
)

// Verdict is the word for what a comparison found, of a cell, a metric or the
// whole report.
type Verdict string

const (
	Regressed      Verdict = "regressed"
	RegressedCases Verdict = "regressed (cases)" // some cases got worse beyond their own noise; the average is not shown to have dropped
	Mixed          Verdict = "mixed"
	Improved       Verdict = "improved"
	ImprovedCases  Verdict = "improved (cases)"
	Holds          Verdict = "holds"
	Inconclusive   Verdict = "inconclusive"
	NotMeasured    Verdict = "not measured"
	// Changed and Unchanged belong to metrics that are neither better nor
	// worse, or do not gate. NoChangeSeen claims nothing.
	Changed      Verdict = "changed"
	NoChangeSeen Verdict = "no change seen"
)

// Comparison is the finished model of two compared runs: every number and word
// that a report shows. Renderers only lay it out.
//
// Differences are candidate minus baseline in the metric's own scale (a unit
// score has points of 1; reports multiply by 100). "Better" and "worse" take the
// metric's direction into account; Diff does not.
type Comparison struct {
	Baseline  Side      `json:"baseline"`
	Candidate Side      `json:"candidate"`
	Created   time.Time `json:"created,omitzero"`

	Verdict Verdict `json:"verdict"`
	// Reasons say in plain sentences why the verdict is what it is, the first
	// one fit for the first line of a report.
	Reasons []string `json:"reasons"`
	// Next says what to do first, one action a line.
	Next []string `json:"next,omitempty"`

	Options Options `json:"options"`
	Seed    uint64  `json:"seed,string"`
	// Draws is the number of random sign flips or permutations behind the
	// corrected p values; 0 where the p values are exact.
	Draws int `json:"draws"`

	Pairing Pairing  `json:"pairing"`
	Metrics []Metric `json:"metrics"` // the gating family, in the order of the run
	// Others are the measures and metrics that do not gate: changed or not. With
	// Vocabulary, nil where the texts could not be read, they are a second family
	// with the level Options.Alpha to itself, which its tests share evenly: of the
	// means, of the spread (PSpread) and of the vocabulary, as many as there are.
	Others     []Metric    `json:"others"`
	Vocabulary *Vocabulary `json:"vocabulary,omitzero"`
	Errors     *Metric     `json:"errors"`   // share of failed calls, over all planned outputs
	Left       []Left      `json:"left_out"` // metrics that could not be compared, and why
	Warnings   []string    `json:"warnings,omitempty"`
	// Forced are the refusals that Options.Force overrode.
	Forced []string `json:"forced,omitempty"`

	// Worse are the cases that got worse, most harm first, at most
	// Options.MaxCases; WorseTotal counts all of them. Better likewise.
	Worse       []CaseChange `json:"worse"`
	WorseTotal  int          `json:"worse_total"`
	BetterTotal int          `json:"better_total"`
	// Runs says whether the noise of whole runs is known.
	Runs RunNoise `json:"runs"`
	// Alarms says how often these settings raise a false alarm.
	Alarms AlarmBudget `json:"alarms"`
	// Cases sums up how sure the losses of single cases are.
	Cases CaseFlags `json:"cases"`
	// Flaky are the cases that the same version answers now well, now badly, the
	// flakiest first, at most Options.MaxCases of FlakyTotal.
	Flaky      []FlakyCase `json:"flaky,omitempty"`
	FlakyTotal int         `json:"flaky_total"`
	// Churn says how much changed at all, beside how much is noise.
	Churn Churn `json:"churn"`
	// Symptoms are all cases that got worse on the metrics that regressed, for
	// finding what they have in common.
	Symptoms []lineage.Symptom `json:"-"`
}

// Side is one of the two runs.
type Side struct {
	Run     eval.Run `json:"run"`
	Outputs int      `json:"outputs"` // stored, without copies
	Failed  int      `json:"failed"`  // calls that failed
	// Copies are outputs of this side that were left out because they carry the
	// response id of another answer to the same case, or came from a cache while
	// the case has another answer. Cached are those from a cache that were kept.
	Copies int `json:"copies,omitzero"`
	Cached int `json:"cached,omitzero"`
	// Earlier are the other runs of the same version that were pooled, LeftEarlier
	// those that were not fit to be.
	Earlier     []PooledRun `json:"earlier,omitempty"`
	LeftEarlier []PooledRun `json:"left_earlier,omitempty"`
	// Replays counts runs of the same version that were passed over as they replayed
	// a recording that counts already.
	Replays int `json:"replays,omitzero"`
}

// PooledRun is an earlier run whose answers count with those of a side.
type PooledRun struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Started time.Time `json:"started"`
	Outputs int       `json:"outputs"` // that were pooled
	// Left is why it was not pooled.
	Left string `json:"left,omitzero"`
}

// Options are what was asked of a comparison. The zero value of a field takes
// its default, and a finished Comparison holds the values that were used.
type Options struct {
	Alpha    float64  `json:"alpha"`     // two-sided, for the whole family; default 0.05
	Margin   *float64 `json:"margin"`    // tolerated loss in score points; default 0.05, used where a metric has none
	Slices   []string `json:"slices"`    // tag keys
	Draws    int      `json:"draws"`     // default 9999; with fewer, less is simulated of what could be seen, too
	MaxCases int      `json:"max_cases"` // default 20
	// MaxFailed is the share of failed calls on a side above which nothing is
	// concluded; default 0.10.
	MaxFailed float64 `json:"max_failed"`
	// MaxLost is the share of the baseline's cases, edited or gone since, above
	// which nothing is concluded, unless the candidate's run is a selection on
	// purpose; default 0.20.
	MaxLost float64 `json:"max_lost"`
	// Force turns refusals into Comparison.Forced.
	Force bool `json:"force"`
	// Confidence of the intervals; default 0.95.
	Confidence float64 `json:"confidence"`
	// Quick leaves out the simulation of what an inconclusive comparison could have
	// seen; the closed form stands in its place. No verdict depends on it.
	Quick bool `json:"quick,omitzero"`
	// Month is how many comparisons with this baseline were made in the last 30
	// days; 0 takes one every night.
	Month int `json:"month,omitzero"`
	// Earlier names the runs that were pooled with the baseline, so that the
	// comparison can be made again; Compare sets it.
	Earlier []string `json:"earlier,omitempty"`
	// Feedback numbers the last piece of feedback that the sides took in, so that
	// the comparison can be made again; nil takes in all there is.
	Feedback *int64 `json:"feedback,omitzero"`
}

// Pairing says which cases took part.
type Pairing struct {
	Paired  int      `json:"paired"`  // same id and content on both sides
	Edited  []string `json:"edited"`  // same id, other content
	Added   []string `json:"added"`   // candidate only
	Removed []string `json:"removed"` // baseline only
	Failed  []string `json:"failed"`  // paired, but every call failed on a side
	// The lists hold at most 1,000 ids each; the counts are complete.
	EditedTotal  int `json:"edited_total"`
	AddedTotal   int `json:"added_total"`
	RemovedTotal int `json:"removed_total"`
	FailedTotal  int `json:"failed_total"`
}

// Metric is what was found for one metric.
type Metric struct {
	Metric  eval.Metric `json:"metric"`
	Margin  float64     `json:"margin"`
	Verdict Verdict     `json:"verdict"`
	Reason  string      `json:"reason"`
	Overall Cell        `json:"overall"`
	Slices  []Cell      `json:"slices,omitempty"`
}

// Cell is one metric over the cases of one slice, or over all of them.
type Cell struct {
	Slice   string  `json:"slice"` // "" is overall
	Verdict Verdict `json:"verdict"`
	Reason  string  `json:"reason,omitzero"`

	Cases     int     `json:"cases"` // paired cases with a score on both sides
	Baseline  float64 `json:"baseline_mean"`
	Candidate float64 `json:"candidate_mean"`
	Diff      float64 `json:"diff"`
	Low       float64 `json:"low"` // confidence interval of Diff
	High      float64 `json:"high"`
	// Method names the interval: "gaffke", or "runs" where whole runs differ by
	// more than their cases and the interval has to allow for it; of a measure "subsample", "betting"
	// where a run stopped early, or "none" where there are too few cases for one;
	// Low and High are then Diff.
	Method string `json:"method"`
	// Ratio is the geometric mean of candidate/baseline over the cases of a
	// measure that are above zero on both sides: what its tests are about.
	Ratio *float64 `json:"ratio,omitzero"`

	Worse  int `json:"worse"`
	Better int `json:"better"`
	Same   int `json:"same"`

	// P is the two-sided mid-p of the sign-flip test on the case means (of a
	// binary metric with one repeat: McNemar's), PAdjusted the same corrected
	// for the whole family. PWithin is the corrected two-sided p of the
	// within-case permutation test, nil where it does not apply.
	P         float64  `json:"p"`
	PAdjusted float64  `json:"p_adjusted"`
	PWithin   *float64 `json:"p_within,omitzero"`
	// PSpread is the p of the test that the outputs of a case are spread as before,
	// corrected for all measures; nil but for measures with repeats on both sides.
	PSpread *float64 `json:"p_spread,omitzero"`
	// McNemarExact is McNemar's exact two-sided p, where every score is 0 or 1
	// and every case has one output a side; nil elsewhere.
	McNemarExact *float64 `json:"mcnemar_exact,omitzero"`

	// RunNoise holds the cell against the spread of whole runs of one version,
	// where there are eight or more.
	RunNoise *CellNoise `json:"run_noise,omitzero"`

	// DetectableEven is the smallest even erosion that would have been seen 4
	// times in 5: of yes and no scores every passing output fails with the same
	// probability, of others every output loses the same share. Of a measure it is
	// the change of all outputs by the same factor, in the measure's unit.
	// DetectableLosses is the smallest loss that comes from single cases of which
	// every output drops to the worst score. Both are average losses, in the
	// metric's scale, and nil where there is none. They are simulated for the
	// overall cell of an inconclusive metric, elsewhere the closed form.
	DetectableEven   *float64 `json:"detectable_even,omitzero"`
	DetectableLosses *float64 `json:"detectable_losses,omitzero"`
	// HoldsAt is the smallest margin within which this cell provably holds.
	HoldsAt *float64 `json:"holds_at,omitzero"`
	// NeedCases estimates the cases needed to settle an inconclusive cell with
	// as many repeats as it has, NeedRepeats the repeats needed with as many cases;
	// 0 where unknown, impossible or settled.
	NeedCases   int `json:"need_cases,omitzero"`
	NeedRepeats int `json:"need_repeats,omitzero"`
}

// Left is a metric that was left out.
type Left struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

// CaseChange is one case that got worse.
type CaseChange struct {
	CaseID string              `json:"case"`
	Tags   map[string][]string `json:"tags,omitempty"`
	// Harm is the sum over the gating metrics of the loss in this case, in
	// score points; a measure counts its loss relative to its baseline mean.
	Harm   float64      `json:"harm"`
	Losses []CaseMetric `json:"losses"` // metrics that fell on this case, most first
	// Kind is "stable before, failed now 3 of 3" (so many of the candidate's
	// answers score worse than any of the baseline's, on the metric with the
	// largest loss), "flaky before" (the baseline's own answers reach as low) or
	// "noise unknown (one repeat)".
	Kind string `json:"kind"`
	// Flagged says that the loss is beyond the case's own noise; see CaseFlags.
	Flagged  bool          `json:"flagged"`
	Evidence *CaseEvidence `json:"evidence,omitzero"`
	Case     eval.Case     `json:"asked"`
	// BaselineOutput and CandidateOutput are the outputs shown, with the
	// scores of the candidate's: the repeat with the worst candidate score.
	BaselineOutput  eval.Output  `json:"baseline_output"`
	CandidateOutput eval.Output  `json:"candidate_output"`
	CandidateScores []eval.Score `json:"candidate_scores"`
}

// CaseMetric is one metric on one case.
type CaseMetric struct {
	Metric    string    `json:"metric"`
	Baseline  []float64 `json:"baseline"` // a value a repeat
	Candidate []float64 `json:"candidate"`
	Diff      float64   `json:"diff"`
}

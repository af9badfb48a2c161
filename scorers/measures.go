package scorers

import (
	"context"

	"holdtrue/eval"
)

// measure makes the judge of a figure that a decision log may hold.
func measure(missing string, read func(o *eval.Output) (float64, bool)) func(eval.Setup) (eval.Judge, error) {
	return func(setup eval.Setup) (eval.Judge, error) {
		if err := knownArgs(setup.Args, nil); err != nil {
			return nil, err
		}
		return eval.JudgeFunc(func(_ context.Context, s *eval.Sample) eval.Score {
			v, ok := read(s.Output)
			switch {
			case !ok:
				return eval.Skip(missing)
			case v < 0:
				return eval.Fail("the recorded figure is below 0")
			}
			return eval.Value(v, "")
		}), nil
	}
}

// given unpacks a figure that may be missing.
func given[T int64 | float64](v *T) (float64, bool) {
	if v == nil {
		return 0, false
	}
	return float64(*v), true
}

var latencyScorer = &eval.Scorer{
	Name: "latency",
	Doc: `how long the answer took: a measure, for which lower is better.

As recorded with the output. An output without the figure is skipped.`,
	Version: "1",
	Scale:   eval.Measure,
	Unit:    "ms",
	Better:  eval.Lower,
	New:     measure("no latency was recorded", func(o *eval.Output) (float64, bool) { return given(o.LatencyMS) }),
}

var firstTokenScorer = &eval.Scorer{
	Name: "first-token",
	Doc: `how long it took until the first token came: a measure, for which lower is better.

The time to first token, as an agent that streams records it in first_token_ms. An
output without the figure is skipped.`,
	Version: "1",
	Scale:   eval.Measure,
	Unit:    "ms",
	Better:  eval.Lower,
	New:     measure("no time to first token was recorded", func(o *eval.Output) (float64, bool) { return given(o.FirstTokenMS) }),
}

var costScorer = &eval.Scorer{
	Name: "cost",
	Doc: `what the answer cost: a measure, for which lower is better.

As recorded with the output. An output without the figure is skipped.`,
	Version: "1",
	Scale:   eval.Measure,
	Unit:    "USD",
	Better:  eval.Lower,
	New: measure("no cost was recorded", func(o *eval.Output) (float64, bool) {
		if o.Usage == nil {
			return 0, false
		}
		return given(o.Usage.CostUSD)
	}),
}

var inputTokensScorer = &eval.Scorer{
	Name: "input-tokens",
	Doc: `how many tokens the model read: a measure, for which lower is better.

As recorded with the output. An output without the figure is skipped.`,
	Version: "1",
	Scale:   eval.Measure,
	Unit:    "tokens",
	Better:  eval.Lower,
	New: measure("no input tokens were recorded", func(o *eval.Output) (float64, bool) {
		if o.Usage == nil {
			return 0, false
		}
		return given(o.Usage.InputTokens)
	}),
}

var outputTokensScorer = &eval.Scorer{
	Name: "output-tokens",
	Doc: `how many tokens the model wrote: a measure, for which lower is better.

As recorded with the output. An output without the figure is skipped; length
estimates tokens from the text.`,
	Version: "1",
	Scale:   eval.Measure,
	Unit:    "tokens",
	Better:  eval.Lower,
	New: measure("no output tokens were recorded", func(o *eval.Output) (float64, bool) {
		if o.Usage == nil {
			return 0, false
		}
		return given(o.Usage.OutputTokens)
	}),
}

var stepsScorer = &eval.Scorer{
	Name: "steps",
	Doc: `how many tool calls the agent made: a measure, for which lower is better.

Every recorded step counts, repeated ones too.`,
	Version: "1",
	Scale:   eval.Measure,
	Unit:    "steps",
	Better:  eval.Lower,
	New:     measure("", func(o *eval.Output) (float64, bool) { return float64(len(o.Steps)), true }),
}

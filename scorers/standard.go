package scorers

import (
	"encoding/json"

	"holdtrue/eval"
)

// Measures lists what every run measures of its outputs beside the metrics of
// its suite: length, refusals, language, form, tool use, time, tokens and cost.
// They need no expected answer, are cheap, and tell that a version behaves in
// another way, not that it got worse. A count of which many outputs have none
// (of steps, of characters) has a yes/no measure beside it, since ratios cannot
// see it begin or end.
func Measures() []eval.MetricSpec {
	named := func(name, scorer, args string) eval.MetricSpec {
		return eval.MetricSpec{Name: name, Scorer: scorer, Args: json.RawMessage(args)}
	}
	return []eval.MetricSpec{
		{Scorer: "length"},
		named("empty", "not-regex", `{"pattern":"\\S"}`),
		{Scorer: "refusal"},
		{Scorer: "truncated"},
		{Scorer: "language"},
		named("has-list", "structure", `{"element":"lists","min":1}`),
		named("has-heading", "structure", `{"element":"headings","min":1}`),
		named("has-table", "structure", `{"element":"tables","min":1}`),
		named("has-code", "structure", `{"element":"code","min":1}`),
		named("is-json", "json", `{"fenced":"allow"}`),
		{Scorer: "steps"},
		named("uses-tools", "tool-count", `{"min":1}`),
		{Scorer: "latency"},
		{Scorer: "first-token"},
		{Scorer: "input-tokens"},
		{Scorer: "output-tokens"},
		{Scorer: "cost"},
	}
}

package scorers

import (
	"context"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"holdtrue/eval"
)

const toolArgsDoc = `Arguments are compared as JSON values, key order and 1 or 1.0 apart. exact: they are
equal; ignore: they do not count; subset: each of the call's is expected; superset:
each expected one is there, in objects inside too, and the call may have more. Keys
named by ignore do not count, nor do arguments that have the value that defaults
gives. tools says it for single tools, by name or glob.`

var toolCallsScorer = &eval.Scorer{
	Name: "tool-calls",
	Doc: `1 if the agent's tool calls are the expected steps of the case.

strict: the same calls in the same order; unordered: the same calls in any order;
subset: no call that is not expected; superset: every expected call, and any others;
in-order: every expected call, in that order, with others between. Each call stands
for one expected step only, and the pairs are chosen so that as many match as can.
` + toolArgsDoc + `
A case without steps is skipped, unless empty says that none are expected. More than
500 calls are not judged.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &toolCallsDefaults,
	New:     withArgs(&toolCallsDefaults, newToolCalls),
}

var toolCallF1Scorer = &eval.Scorer{
	Name: "tool-call-f1",
	Doc: `how many of the agent's tool calls are expected steps, and the other way round.

Matched calls are paired one to one, as many as can be. precision is their share of
the calls, recall their share of the expected steps, f1 the harmonic mean. Order does
not count.
` + toolArgsDoc + `
A case without steps is skipped, unless empty says that none are expected. More than
500 calls are not judged.`,
	Version: "1",
	Scale:   eval.Unit,
	Better:  eval.Higher,
	Args:    &toolF1Defaults,
	New:     withArgs(&toolF1Defaults, newToolF1),
}

type toolCallsArgs struct {
	Mode     string         `json:"mode" oneof:"strict unordered subset superset in-order" doc:"how the calls must agree with the steps"`
	Args     string         `json:"args" oneof:"exact ignore subset superset" doc:"how arguments are compared"`
	Ignore   list           `json:"ignore,omitzero" doc:"keys of arguments that do not count, dotted for those inside of objects"`
	Defaults jsontext.Value `json:"defaults,omitzero" doc:"an object: arguments with these values are as good as absent"`
	Tools    jsontext.Value `json:"tools,omitzero" doc:"an object from tool name or glob to {args, ignore, defaults}"`
	Empty    string         `json:"empty" oneof:"skip none" doc:"what a case without steps means: nothing, or that no call is expected"`
}

type toolF1Args struct {
	Part     string         `json:"part" oneof:"f1 precision recall" doc:"which figure is the score"`
	Args     string         `json:"args" oneof:"exact ignore subset superset" doc:"how arguments are compared"`
	Ignore   list           `json:"ignore,omitzero" doc:"keys of arguments that do not count, dotted for those inside of objects"`
	Defaults jsontext.Value `json:"defaults,omitzero" doc:"an object: arguments with these values are as good as absent"`
	Tools    jsontext.Value `json:"tools,omitzero" doc:"an object from tool name or glob to {args, ignore, defaults}"`
	Empty    string         `json:"empty" oneof:"skip none" doc:"what a case without steps means: nothing, or that no call is expected"`
}

var (
	toolCallsDefaults = toolCallsArgs{Mode: "superset", Args: "exact", Empty: "skip"}
	toolF1Defaults    = toolF1Args{Part: "f1", Args: "exact", Empty: "skip"}
)

// mostCalls is how many calls or steps are paired.
const mostCalls = 500

func newToolCalls(args toolCallsArgs, _ string) (eval.Judge, error) {
	m, err := newToolMatcher(args.Args, args.Ignore, args.Defaults, args.Tools)
	if err != nil {
		return nil, err
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		expected, made, score := m.calls(ctx, s, args.Empty)
		if score != nil {
			return *score
		}
		if len(expected) == 0 && len(made) > 0 {
			return eval.Value(0, "not expected: "+made[0].show())
		}
		if reason := m.disagree(args.Mode, expected, made); reason != "" {
			return eval.Value(0, reason)
		}
		return eval.Value(1, "")
	}), nil
}

func newToolF1(args toolF1Args, _ string) (eval.Judge, error) {
	m, err := newToolMatcher(args.Args, args.Ignore, args.Defaults, args.Tools)
	if err != nil {
		return nil, err
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		expected, made, score := m.calls(ctx, s, args.Empty)
		if score != nil {
			return *score
		}
		if len(expected)+len(made) == 0 {
			return eval.Value(1, "")
		}
		if len(expected) == 0 {
			return eval.Value(0, "not expected: "+made[0].show())
		}
		partner := m.pair(expected, made)
		matched := 0
		for _, p := range partner {
			if p >= 0 {
				matched++
			}
		}
		values := map[string]float64{
			"f1":        2 * float64(matched) / float64(len(expected)+len(made)),
			"precision": ratio(matched, len(made)),
			"recall":    ratio(matched, len(expected)),
		}
		return eval.Value(values[args.Part], fmt.Sprintf("%d of %s expected, %s made", matched, count(len(expected), "call"), count(len(made), "call")))
	}), nil
}

// ratio is n of total, 1 where there is nothing of which to have a share.
func ratio(n, total int) float64 {
	if total == 0 {
		return 1
	}
	return float64(n) / float64(total)
}

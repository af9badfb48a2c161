package scorers

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"holdtrue/eval"
)

var toolOrderScorer = &eval.Scorer{
	Name: "tool-order",
	Doc: `1 if certain tools are called before others.

Each pair [A, B] of before says that no B may be called unless an A was called
earlier; where B is not called the pair holds. With each: true every B needs an A of
its own. A and B are names or globs.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &toolOrderDefaults,
	New:     withArgs(&toolOrderDefaults, newToolOrder),
}

type toolOrderArgs struct {
	Before [][]string `json:"before" doc:"pairs [first, then] of tool names or globs; required"`
	Each   bool       `json:"each" doc:"every call of the second needs one of the first to itself"`
}

var toolOrderDefaults = toolOrderArgs{}

func newToolOrder(args toolOrderArgs, _ string) (eval.Judge, error) {
	if len(args.Before) == 0 {
		return nil, &eval.InputError{Msg: "the argument before is needed", Hint: "write {tool-order: {before: [[verify, refund]]}}"}
	}
	for _, pair := range args.Before {
		if len(pair) != 2 {
			return nil, fmt.Errorf("before: expected pairs [first, then], found %d names", len(pair))
		}
		if err := globs("before", pair); err != nil {
			return nil, err
		}
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		for _, pair := range args.Before {
			if ctx.Err() != nil {
				return stopped(ctx)
			}
			ready := 0
			for i, st := range s.Output.Steps {
				if isTool(pair[1], st.Tool) {
					if ready == 0 {
						return eval.Value(0, clean(fmt.Sprintf("call %d, %s, without %s before it", i+1, cut(st.Tool, 40), cut(pair[0], 40))))
					}
					if args.Each {
						ready--
					}
				}
				if isTool(pair[0], st.Tool) {
					ready++
				}
			}
		}
		return eval.Value(1, "")
	}), nil
}

func globs(argument string, patterns []string) error {
	for _, p := range patterns {
		if !isGlob(p) || p == "" {
			return fmt.Errorf("%s: %s is no tool name or glob", argument, quote(p))
		}
	}
	return nil
}

func isGlob(pattern string) bool {
	_, err := path.Match(pattern, "")
	return err == nil
}

// isTool reports whether a tool's name is the pattern or matches it. A name is no
// path: * stands for a "/" too, as in the names of tools behind a server.
func isTool(pattern, name string) bool {
	flat := func(s string) string { return strings.ReplaceAll(s, "/", "\x1f") }
	ok, err := path.Match(flat(pattern), flat(name))
	return ok && err == nil
}

var toolCountScorer = &eval.Scorer{
	Name: "tool-count",
	Doc: `1 if tools are called so many times: at least min, at most max.

Counted are the calls of tools whose name is one of tools, names or globs, together;
every call where tools is absent.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &toolCountDefaults,
	New:     withArgs(&toolCountDefaults, newToolCount),
}

type toolCountArgs struct {
	Tools list `json:"tools,omitzero" doc:"names or globs of the tools that are counted"`
	Min   *int `json:"min,omitzero" doc:"the least number of calls that passes"`
	Max   *int `json:"max,omitzero" doc:"the greatest number of calls that passes"`
}

var toolCountDefaults = toolCountArgs{}

func newToolCount(args toolCountArgs, _ string) (eval.Judge, error) {
	limits := bounds{args.Min, args.Max}
	if err := errors.Join(limits.check(true, "{tool-count: {tools: search, max: 3}}"), globs("tools", args.Tools)); err != nil {
		return nil, err
	}
	return eval.JudgeFunc(func(_ context.Context, s *eval.Sample) eval.Score {
		n := 0
		for _, st := range s.Output.Steps {
			if len(args.Tools) == 0 || slices.ContainsFunc(args.Tools, func(p string) bool { return isTool(p, st.Tool) }) {
				n++
			}
		}
		return limits.hold(n, "call")
	}), nil
}

var toolsAllowedScorer = &eval.Scorer{
	Name: "tools-allowed",
	Doc: `1 if no tool is called that must not be.

A call passes if its tool is one of allowed, where that is given, and none of never;
both are names or globs.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &toolsAllowedDefaults,
	New:     withArgs(&toolsAllowedDefaults, newToolsAllowed),
}

type toolsAllowedArgs struct {
	Allowed list `json:"allowed,omitzero" doc:"names or globs of the tools that may be called"`
	Never   list `json:"never,omitzero" doc:"names or globs of the tools that may not"`
}

var toolsAllowedDefaults = toolsAllowedArgs{}

func newToolsAllowed(args toolsAllowedArgs, _ string) (eval.Judge, error) {
	if len(args.Allowed)+len(args.Never) == 0 {
		return nil, &eval.InputError{Msg: "one of the arguments allowed and never is needed", Hint: "write {tools-allowed: {never: [delete_*]}}"}
	}
	if err := errors.Join(globs("allowed", args.Allowed), globs("never", args.Never)); err != nil {
		return nil, err
	}
	return eval.JudgeFunc(func(_ context.Context, s *eval.Sample) eval.Score {
		for i, st := range s.Output.Steps {
			is := func(p string) bool { return isTool(p, st.Tool) }
			if len(args.Allowed) > 0 && !slices.ContainsFunc(args.Allowed, is) || slices.ContainsFunc(args.Never, is) {
				return eval.Value(0, clean(fmt.Sprintf("call %d is %s, which may not be called", i+1, cut(st.Tool, 80))))
			}
		}
		return eval.Value(1, "")
	}), nil
}

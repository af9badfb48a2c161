package scorers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"holdtrue/eval"
)

// call is a step with its arguments read.
type call struct {
	tool string
	args any
	raw  eval.Step
}

// toolRules say how the arguments of a tool are compared.
type toolRules struct {
	Args     string         `json:"args,omitzero"`
	Ignore   list           `json:"ignore,omitzero"`
	Defaults map[string]any `json:"defaults,omitzero"`
}

type toolMatcher struct {
	rules    toolRules
	patterns []string
	tools    map[string]toolRules
}

func newToolMatcher(mode string, ignore []string, defaults, tools jsontext.Value) (*toolMatcher, error) {
	m := &toolMatcher{rules: toolRules{Args: mode, Ignore: ignore}}
	if len(defaults) > 0 {
		if err := json.Unmarshal(defaults, &m.rules.Defaults, exactIntegers()); err != nil {
			return nil, errors.New("defaults: expected an object of argument values")
		}
	}
	if len(tools) > 0 {
		if err := json.Unmarshal(tools, &m.tools, json.RejectUnknownMembers(true), exactIntegers()); err != nil {
			return nil, errors.New("tools: expected an object from tool name to {args, ignore, defaults}: " + clean(err.Error()))
		}
	}
	for name, r := range m.tools {
		if !isGlob(name) {
			return nil, fmt.Errorf("tools: %s is no glob", quote(name))
		}
		if !slices.Contains([]string{"", "exact", "ignore", "subset", "superset"}, r.Args) {
			return nil, fmt.Errorf("tools: %s: args: no such value %s; known are exact, ignore, subset, superset", name, quote(r.Args))
		}
		m.patterns = append(m.patterns, name)
	}
	// A name before a glob, a longer glob before a shorter.
	slices.SortFunc(m.patterns, func(a, b string) int {
		return strings.Compare(fmt.Sprint(strings.ContainsAny(a, "*?["), 1e6-len(a), a), fmt.Sprint(strings.ContainsAny(b, "*?["), 1e6-len(b), b))
	})
	return m, nil
}

// calls reads both sides, or gives the score where there is nothing to compare.
func (m *toolMatcher) calls(ctx context.Context, s *eval.Sample, empty string) (expected, made []call, score *eval.Score) {
	var sc eval.Score
	switch {
	case ctx.Err() != nil:
		sc = stopped(ctx)
	case len(s.Case.Steps) == 0 && empty == "skip":
		sc = eval.Skip("the case expects no steps")
	case len(s.Case.Steps) > mostCalls || len(s.Output.Steps) > mostCalls:
		sc = eval.Fail(fmt.Sprintf("%d calls, %d expected: at most %d are compared", len(s.Output.Steps), len(s.Case.Steps), mostCalls))
	default:
		return m.read(s.Case.Steps), m.read(s.Output.Steps), nil
	}
	return nil, nil, &sc
}

func (m *toolMatcher) read(steps []eval.Step) []call {
	calls := make([]call, len(steps))
	for i, st := range steps {
		calls[i] = call{tool: st.Tool, raw: st}
		if len(st.Args) == 0 {
			calls[i].args = map[string]any{}
		} else if err := json.Unmarshal(st.Args, &calls[i].args, allowDuplicates, exactIntegers()); err != nil {
			calls[i].args = string(st.Args) // no JSON, but it may still be the same text
		}
		// Some agents log arguments as a text that holds JSON.
		if t, ok := calls[i].args.(string); ok {
			if v, err := jsonValue(t); err == nil {
				calls[i].args = v
			}
		}
		if a := calls[i].args; a == nil || a == "" {
			calls[i].args = map[string]any{} // a call without arguments, as some log it
		}
		calls[i].args = m.reduced(calls[i])
	}
	return calls
}

func (m *toolMatcher) rulesOf(tool string) toolRules {
	r := m.rules
	for _, p := range m.patterns {
		if isTool(p, tool) {
			own := m.tools[p]
			if own.Args != "" {
				r.Args = own.Args
			}
			r.Ignore = append(slices.Clone(r.Ignore), own.Ignore...)
			if own.Defaults != nil {
				r.Defaults = own.Defaults
			}
			break
		}
	}
	return r
}

// reduced drops what does not count from the arguments of a call.
func (m *toolMatcher) reduced(c call) any {
	r := m.rulesOf(c.tool)
	args, ok := c.args.(map[string]any)
	if !ok {
		return c.args
	}
	for _, key := range r.Ignore {
		drop(args, strings.Split(key, "."))
	}
	for key, v := range r.Defaults {
		if got, ok := args[key]; ok && sameJSON(got, v) {
			delete(args, key)
		}
	}
	return args
}

func drop(o map[string]any, path []string) {
	if len(path) == 1 {
		delete(o, path[0])
		return
	}
	switch next := o[path[0]].(type) {
	case map[string]any:
		drop(next, path[1:])
	case []any:
		for _, e := range next {
			if in, ok := e.(map[string]any); ok {
				drop(in, path[1:])
			}
		}
	}
}

func (m *toolMatcher) match(expected, made call) bool {
	if expected.tool != made.tool {
		return false
	}
	switch m.rulesOf(made.tool).Args {
	case "ignore":
		return true
	case "subset":
		return within(made.args, expected.args)
	case "superset":
		return within(expected.args, made.args)
	}
	return sameJSON(expected.args, made.args)
}

// within reports whether all that a holds b holds too: objects may have more
// keys in b, lists must have the same length.
func within(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		o, ok := b.(map[string]any)
		if !ok {
			return false
		}
		for k, v := range a {
			if w, ok := o[k]; !ok || !within(v, w) {
				return false
			}
		}
		return true
	case []any:
		l, ok := b.([]any)
		if !ok || len(l) != len(a) {
			return false
		}
		for i := range a {
			if !within(a[i], l[i]) {
				return false
			}
		}
		return true
	}
	return sameJSON(a, b)
}

// pair gives each expected call a call of its own, -1 where none is left: a
// maximum bipartite matching by augmenting paths (Kuhn 1955).
func (m *toolMatcher) pair(expected, made []call) []int {
	can := make([][]int, len(expected))
	for i, e := range expected {
		for j, c := range made {
			if m.match(e, c) {
				can[i] = append(can[i], j)
			}
		}
	}
	owner := make([]int, len(made))
	for j := range owner {
		owner[j] = -1
	}
	var augment func(i int, seen []bool) bool
	augment = func(i int, seen []bool) bool {
		for _, j := range can[i] {
			if seen[j] {
				continue
			}
			seen[j] = true
			if owner[j] < 0 || augment(owner[j], seen) {
				owner[j] = i
				return true
			}
		}
		return false
	}
	for i := range expected {
		augment(i, make([]bool, len(made)))
	}
	partner := make([]int, len(expected))
	for i := range partner {
		partner[i] = slices.Index(owner, i)
	}
	return partner
}

// disagree says why the calls are not the expected ones, or nothing.
func (m *toolMatcher) disagree(mode string, expected, made []call) string {
	switch mode {
	case "strict":
		for i := range max(len(expected), len(made)) {
			switch {
			case i >= len(made):
				return m.missing(expected[i], made)
			case i >= len(expected):
				return "call " + fmt.Sprint(i+1) + " is not expected: " + made[i].show()
			case !m.match(expected[i], made[i]):
				return clean(fmt.Sprintf("call %d is %s, expected %s", i+1, made[i].show(), expected[i].show()))
			}
		}
		return ""
	case "in-order":
		at := 0
		for _, c := range made {
			if at < len(expected) && m.match(expected[at], c) {
				at++
			}
		}
		if at < len(expected) {
			return m.missing(expected[at], made)
		}
		return ""
	}
	partner := m.pair(expected, made)
	if mode != "subset" {
		for i, j := range partner {
			if j < 0 {
				return m.missing(expected[i], made)
			}
		}
	}
	if mode != "superset" {
		for j, c := range made {
			if !slices.Contains(partner, j) {
				return "not expected: " + c.show()
			}
		}
	}
	return ""
}

// missing names an expected call and what came nearest to it.
func (m *toolMatcher) missing(e call, made []call) string {
	reason := "missing: " + e.show()
	for _, c := range made {
		if c.tool == e.tool && !m.match(e, c) {
			return clean(reason + "; called " + c.show())
		}
	}
	for _, c := range made {
		if m.match(e, c) {
			return clean(reason + " at its place or so often")
		}
	}
	return reason
}

// show writes a call as people would: refund(order=5).
func (c call) show() string {
	args, ok := c.args.(map[string]any)
	if !ok {
		return clean(cut(c.tool, 40) + "(" + cut(showJSON(c.args), 30) + ")")
	}
	var parts []string
	for _, k := range sortedKeys(args) {
		parts = append(parts, k+"="+cut(showJSON(args[k]), 24))
	}
	return clean(cut(c.tool, 40) + "(" + cut(strings.Join(parts, ", "), 70) + ")")
}

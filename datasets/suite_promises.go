package datasets

import (
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"

	"holdtrue/eval"
)

// maxWindow bounds the window of a promise, in days.
const maxWindow = 366

// promises reads the objectives of a suite.
func (r *suiteReader) promises(n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		r.fault(n, "promises: expected a list such as - {name: refunds are right, slice: topic=refunds, metric: facts, objective: 0.99, window: 30d}, found %s", nodeName(n))
		return
	}
	names := map[string]bool{}
	for _, item := range n.Content {
		p := r.promise(item)
		if names[p.Name] {
			r.fault(item, "two promises are named %q", p.Name)
		}
		names[p.Name] = true
		r.suite.Promises = append(r.suite.Promises, p)
	}
}

func (r *suiteReader) promise(n *yaml.Node) eval.PromiseSpec {
	p := eval.PromiseSpec{Days: 30, Severity: eval.Standard, Pos: r.pos(n)}
	for _, e := range r.entries(n, "a promise", "name", "slice", "metric", "objective", "window", "severity", "limit") {
		value, what := e[1], "promise: "+e[0].Value
		switch e[0].Value {
		case "name":
			p.Name = r.text(value, what)
		case "slice":
			p.Slice = r.text(value, what)
			if key, v, ok := strings.Cut(p.Slice, "="); !ok || key == "" || v == "" {
				r.fault(value, "%s: expected KEY=VALUE, a tag and its value, found %q", what, p.Slice)
			}
		case "metric":
			p.Metric = r.text(value, what)
		case "objective":
			if p.Objective = r.number(value, what, 0, 1); p.Objective == 0 {
				r.fault(value, "%s: expected a share above 0 and up to 1, such as 0.99", what)
			}
		case "window":
			p.Days = r.days(value, what)
		case "severity":
			p.Severity = eval.Severity(r.text(value, what))
			if p.Severity != eval.Standard && p.Severity != eval.Critical {
				r.fault(value, "%s: expected standard or critical (one violation breaks it), found %q", what, p.Severity)
			}
		case "limit":
			v := r.number(value, what, -1e15, 1e15)
			p.Limit = &v
		}
	}
	if n.Kind != yaml.MappingNode {
		return p
	}
	for _, missing := range []struct {
		what string
		is   bool
	}{{"a name", p.Name == ""}, {"a metric", p.Metric == ""}, {"an objective, such as 0.99", p.Objective == 0}} {
		if missing.is {
			r.fault(n, "a promise needs %s", missing.what)
		}
	}
	return p
}

// days reads a window such as 30d.
func (r *suiteReader) days(n *yaml.Node, what string) int {
	text := r.text(n, what)
	days, err := strconv.Atoi(strings.TrimSuffix(text, "d"))
	if err != nil || !strings.HasSuffix(text, "d") || days < 1 || days > maxWindow {
		r.fault(n, "%s: expected 1d to %dd, whole days, found %q", what, maxWindow, text)
		return 1
	}
	return days
}

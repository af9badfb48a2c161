package datasets

import (
	"os"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"holdtrue/eval"
)

// agentKeys are the keys of an agent that are not its kind.
var agentKeys = []string{"version", "timeout", "lineage"}

// ownExpansion are the kinds of agents that replace environment variables
// themselves: they have to know which values are secret, and their templates and
// queries have dollar signs of their own.
var ownExpansion = []string{"openai", "http"}

func (r *suiteReader) agents(n *yaml.Node) {
	for _, e := range r.entries(n, "agents") {
		name := e[0].Value
		if name == "" || strings.ContainsAny(name, "@ \t/") {
			r.fault(e[0], "agents: %q cannot be a name: no blank, @ or / in it", name)
		}
		r.suite.Agents = append(r.suite.Agents, r.agent(name, e[0], e[1]))
	}
}

func (r *suiteReader) agent(name string, key, value *yaml.Node) eval.AgentSpec {
	what := "agent " + name
	spec := eval.AgentSpec{Name: name, Pos: r.pos(key)}
	for _, e := range r.entries(value, what) {
		k, v := e[0], e[1]
		if !slices.Contains(ownExpansion, k.Value) {
			r.expand(v)
		}
		switch {
		case k.Value == "version":
			spec.Version = r.text(v, what+": version")
		case k.Value == "timeout":
			spec.Timeout = r.duration(v, what+": timeout")
		case k.Value == "lineage":
			spec.Lineage = map[string]string{}
			for _, l := range r.entries(v, what+": lineage") {
				spec.Lineage[l[0].Value] = r.text(l[1], what+": lineage")
			}
		case spec.Kind != "":
			r.fault(k, "%s: has two kinds, %q and %q; besides its kind an agent has only %s", what, spec.Kind, k.Value, strings.Join(agentKeys, ", "))
		default:
			raw, err := toJSON(v)
			if err != nil {
				r.fault(v, "%s: %s: %v", what, k.Value, err)
			}
			spec.Kind, spec.Args, spec.Pos = k.Value, raw, r.pos(k)
		}
	}
	if spec.Kind == "" && value.Kind == yaml.MappingNode {
		r.fault(key, "%s: its kind is missing, such as {command: [./bot]} or {recording: answers.jsonl}", what)
	}
	return spec
}

func (r *suiteReader) duration(n *yaml.Node, what string) time.Duration {
	text := r.text(n, what)
	if r.getenv == nil && strings.Contains(text, "$") {
		return 0
	}
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		r.fault(n, "%s: expected a time such as 30s or 2m, found %s", what, nodeName(n))
	}
	return d
}

// expand replaces environment variables in every text below a node.
func (r *suiteReader) expand(n *yaml.Node) {
	if r.getenv == nil {
		return
	}
	if n.Kind == yaml.ScalarNode && strings.Contains(n.Value, "$") {
		var missing []string
		n.Value = os.Expand(n.Value, func(name string) string {
			if name == "$" {
				return "$"
			}
			v, ok := r.getenv(name)
			if !ok && !slices.Contains(missing, name) {
				missing = append(missing, name)
			}
			return v
		})
		for _, name := range missing {
			r.fault(n, "the environment variable %s is not set ($$ stands for a dollar sign)", name)
		}
		if n.Style == 0 {
			n.Style = yaml.DoubleQuotedStyle // what came from the environment is a text
			n.Tag = "!!str"
		}
	}
	for _, child := range n.Content {
		r.expand(child)
	}
}

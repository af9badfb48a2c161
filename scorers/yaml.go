package scorers

import (
	"context"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"

	"holdtrue/eval"
)

var yamlScorer = &eval.Scorer{
	Name: "yaml",
	Doc: `1 if the whole output is YAML that holds a mapping or a list.

Every text is YAML of some kind, so a single value is not enough. Aliases that
would multiply are refused by the parser. With keys, a mapping at the top must have
them. With fenced: allow, one code fence around the whole output is taken off
first. Outputs over 1 MiB are not judged.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &yamlDefaults,
	New:     withArgs(&yamlDefaults, newYAML),
}

type yamlArgs struct {
	Keys   list   `json:"keys,omitzero" doc:"keys that a mapping at the top must have"`
	Fenced string `json:"fenced" oneof:"refuse allow" doc:"whether one code fence may surround the YAML"`
}

var yamlDefaults = yamlArgs{Fenced: "refuse"}

const yamlLimit = 1 << 20

func newYAML(args yamlArgs, _ string) (eval.Judge, error) {
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		out := strings.TrimSpace(s.Output.Text)
		if args.Fenced == "allow" {
			out = unfence(out)
		}
		if len(out) > yamlLimit {
			return eval.Fail(fmt.Sprintf("the output is %d bytes long; at most %d are parsed", len(out), yamlLimit))
		}
		var top yaml.Node
		if err := yaml.Unmarshal([]byte(out), &top); err != nil {
			return eval.Value(0, "not YAML: "+clean(strings.TrimPrefix(err.Error(), "yaml: ")))
		}
		if len(top.Content) == 0 || top.Content[0].Kind == yaml.ScalarNode {
			return eval.Value(0, "neither a mapping nor a list")
		}
		return yamlKeys(top.Content[0], args.Keys)
	}), nil
}

func yamlKeys(n *yaml.Node, keys []string) eval.Score {
	has := map[string]bool{}
	for i := 0; n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
		has[n.Content[i].Value] = true
	}
	var missing []string
	for _, k := range keys {
		if !has[k] {
			missing = append(missing, k)
		}
	}
	if len(missing) > 0 {
		return eval.Value(0, "no key "+quoteAll(missing))
	}
	return eval.Value(1, "")
}

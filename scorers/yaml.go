package scorers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"

	"holdtrue/eval"
)

var yamlScorer = &eval.Scorer{
	Name: "yaml",
	Doc: `1 if the whole output is YAML that holds a mapping or a list.

Every text is YAML of some kind, so a single value is not enough. Aliases that
would multiply are refused by the parser, and no key may stand twice in a mapping.
Of several documents each must be YAML, and the first is looked at. With keys, a
mapping at the top must have them. With fenced: allow, one code fence around the whole output is taken off
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
		top, err := readYAML(out)
		switch {
		case err != nil:
			return eval.Value(0, "not YAML: "+clean(strings.TrimPrefix(err.Error(), "yaml: ")))
		case top == nil || top.Kind == yaml.ScalarNode:
			return eval.Value(0, "neither a mapping nor a list")
		}
		return yamlKeys(top, args.Keys)
	}), nil
}

// readYAML reads all documents and gives what the first one holds.
func readYAML(s string) (first *yaml.Node, err error) {
	d := yaml.NewDecoder(strings.NewReader(s))
	for {
		var n yaml.Node
		if err := d.Decode(&n); errors.Is(err, io.EOF) {
			return first, nil
		} else if err != nil {
			return nil, err
		}
		if err := uniqueKeys(&n); err != nil {
			return nil, err
		}
		if first == nil && len(n.Content) > 0 {
			first = n.Content[0]
		}
	}
}

// uniqueKeys reports a key that stands twice in a mapping. Aliases are not followed.
func uniqueKeys(n *yaml.Node) error {
	keys := map[string]bool{}
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && c.Kind == yaml.ScalarNode {
			key := c.ShortTag() + " " + c.Value
			if keys[key] {
				return fmt.Errorf("line %d: the key %s stands twice", c.Line, quote(c.Value))
			}
			keys[key] = true
		}
		if err := uniqueKeys(c); err != nil {
			return err
		}
	}
	return nil
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

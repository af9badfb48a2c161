package datasets

import (
	"errors"
	"io"
	"iter"

	"go.yaml.in/yaml/v4"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

var yamlFormat = &Format{
	Name: "yaml", Exts: []string{".yaml", ".yml"},
	Doc:  "a YAML list of cases",
	Read: readYAML,
}

// readYAML holds the whole file.
func readYAML(r io.Reader, name string) iter.Seq2[eval.Case, error] {
	return func(yield func(eval.Case, error) bool) {
		data, err := io.ReadAll(r)
		if err != nil {
			yield(eval.Case{}, err)
			return
		}
		root, err := decodeYAML(data, name)
		if err != nil {
			yield(eval.Case{}, err)
			return
		}
		if root.Kind != yaml.SequenceNode {
			yield(eval.Case{}, &eval.InputError{Pos: eval.Pos{File: name, Line: root.Line}, Msg: "expected a YAML list of cases, found " + nodeName(root)})
			return
		}
		for _, item := range root.Content {
			if !yield(yamlCase(item, name)) {
				return
			}
		}
	}
}

func yamlCase(item *yaml.Node, name string) (eval.Case, error) {
	pos := eval.Pos{File: name, Line: item.Line}
	verbatim(item)
	raw, err := toJSON(item)
	if err != nil {
		return eval.Case{}, &eval.InputError{Pos: pos, Msg: err.Error()}
	}
	c, err := wire.DecodeCase(raw, pos)
	var in *eval.InputError
	if errors.As(err, &in) {
		in.Pos = pos
	}
	return c, err
}

// verbatim keeps ids, prompts and expected answers as they are written: 010 is
// not 8 and yes is not true.
func verbatim(item *yaml.Node) {
	if item.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(item.Content); i += 2 {
		switch item.Content[i].Value {
		case "id", "prompt", "expected", "tags":
			asText(item.Content[i+1])
		}
	}
}

func asText(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
		n.Tag = "!!str"
	}
	for i, child := range n.Content {
		if n.Kind != yaml.MappingNode || i%2 == 1 {
			asText(child)
		}
	}
}

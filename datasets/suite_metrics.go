package datasets

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"go.yaml.in/yaml/v4"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

func (r *suiteReader) metrics(n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		r.fault(n, "metrics: expected a list of scorers, found %s", nodeName(n))
		return
	}
	for _, item := range n.Content {
		raw, err := toJSON(item)
		if err != nil {
			r.fault(item, "metrics: %v", err)
			continue
		}
		spec, err := wire.DecodeMetric(raw, r.pos(item))
		if err != nil {
			var in *eval.InputError
			if errors.As(err, &in) {
				in.Pos = r.pos(item)
				in.Msg = "metrics: " + in.Msg
			}
			r.errs = append(r.errs, err)
			continue
		}
		r.suite.Metrics = append(r.suite.Metrics, spec)
	}
}

// toJSON writes a YAML value as JSON; keys keep their text.
func toJSON(n *yaml.Node) (json.RawMessage, error) {
	switch n.Kind {
	case yaml.MappingNode:
		m := map[string]json.RawMessage{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			v, err := toJSON(n.Content[i+1])
			if err != nil {
				return nil, err
			}
			if _, twice := m[n.Content[i].Value]; twice {
				return nil, fmt.Errorf("the key %q stands twice", n.Content[i].Value)
			}
			m[n.Content[i].Value] = v
		}
		return json.Marshal(m)
	case yaml.SequenceNode:
		list := make([]json.RawMessage, 0, len(n.Content))
		for _, item := range n.Content {
			v, err := toJSON(item)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		return json.Marshal(list)
	case yaml.AliasNode:
		return nil, errors.New("aliases are not read here; write the value out")
	}
	var v any
	if err := n.Decode(&v); err != nil {
		return nil, err
	}
	if _, isTime := v.(time.Time); isTime {
		v = n.Value
	}
	return json.Marshal(v)
}

func (r *suiteReader) compare(n *yaml.Node) {
	c := &r.suite.Compare
	for _, e := range r.entries(n, "compare", "baseline", "margin", "alpha", "slices", "pool", "inconclusive") {
		value, what := e[1], "compare: "+e[0].Value
		switch e[0].Value {
		case "baseline":
			c.Baseline = r.text(value, what)
		case "margin":
			v := r.number(value, what, 0, 1)
			c.Margin = &v
		case "alpha":
			if c.Alpha = r.number(value, what, 0, 0.5); c.Alpha == 0 || c.Alpha == 0.5 {
				r.fault(value, "%s: expected an error rate between 0 and 0.5, such as 0.05", what)
			}
		case "slices":
			c.Slices = r.texts(value, what)
		case "pool":
			v := r.number(value, what, 0, 1000)
			if v != math.Trunc(v) {
				r.fault(value, "%s: expected a whole number of earlier runs, found %g", what, v)
			}
			n := int(v)
			c.Pool = &n
		case "inconclusive":
			c.Inconclusive = r.text(value, what)
			if known := []string{"fail", "warn", "pass"}; !slices.Contains(known, c.Inconclusive) {
				r.fault(value, "%s: unknown value %q%s", what, c.Inconclusive, wire.Suggest(c.Inconclusive, known))
			}
		}
	}
}

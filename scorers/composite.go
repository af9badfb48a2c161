package scorers

import (
	"context"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

var allOfScorer = &eval.Scorer{
	Name: "all-of",
	Doc: `1 if every one of several yes/no metrics gives 1.

The metrics are written as in a suite; one with a threshold is a yes/no metric.
Metrics that skip a case are left out; if all do the case is skipped. If one could
not judge, neither could this, unless another gave 0.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &compositeDefaults,
	New:     func(s eval.Setup) (eval.Judge, error) { return newComposite(s, true) },
}

var meanOfScorer = &eval.Scorer{
	Name: "mean-of",
	Doc: `the weighted mean of several metrics.

The metrics are written as in a suite, each with a weight if it is not to count 1.
They must be scores for which higher is better. Metrics that skip a case are left
out with their weight; if all do the case is skipped. If one could not judge,
neither could this.`,
	Version: "1",
	Scale:   eval.Unit,
	Better:  eval.Higher,
	Args:    &compositeDefaults,
	New:     func(s eval.Setup) (eval.Judge, error) { return newComposite(s, false) },
}

type compositeArgs struct {
	Metrics jsontext.Value `json:"metrics" doc:"a list of metrics, written as in a suite; with mean-of each may have a weight"`
	// Versions are filled in at binding, so that a changed scorer of a part
	// changes the whole.
	Versions []string `json:"versions,omitempty" doc:"the versions of the parts' scorers, filled in at binding; if written, they must agree"`
}

var compositeDefaults = compositeArgs{Metrics: jsontext.Value("[]")}

// composite judges by several judges.
type composite struct {
	all   bool
	parts []member
	args  stdjson.RawMessage
}

// member is one part of a composite, by which it is judged.
type member struct {
	metric eval.Metric
	weight float64
	judge  eval.Judge
}

// form writes the part as in a suite, with its effective arguments.
func (p member) form() (any, error) {
	args := map[string]jsontext.Value{}
	if len(p.metric.Args) > 0 {
		if err := json.Unmarshal(p.metric.Args, &args); err != nil {
			return nil, err
		}
	}
	if p.metric.Name != p.metric.Scorer {
		name, err := json.Marshal(p.metric.Name)
		if err != nil {
			return nil, err
		}
		args["name"] = name
	}
	if p.weight != 1 {
		args["weight"] = jsontext.Value(strconv.FormatFloat(p.weight, 'g', -1, 64))
	}
	if len(args) == 0 {
		return p.metric.Scorer, nil
	}
	return map[string]any{p.metric.Scorer: args}, nil
}

func newComposite(setup eval.Setup, all bool) (eval.Judge, error) {
	args, err := effective(&eval.Scorer{Args: &compositeDefaults}, setup.Args)
	if err != nil {
		return nil, err
	}
	given := args.(*compositeArgs)
	var raw []jsontext.Value
	if err := json.Unmarshal(given.Metrics, &raw); err != nil {
		return nil, errors.New("metrics: expected a list of metrics")
	}
	if len(raw) == 0 {
		return nil, &eval.InputError{Msg: "metrics: expected a list of metrics that is not empty", Hint: "write {all-of: {metrics: [json, not-refusal]}}"}
	}
	c := &composite{all: all}
	for i, r := range raw {
		p, err := newMember(setup, r, all)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("metrics, entry %d: %w", i+1, err), c.Close())
		}
		c.parts = append(c.parts, p)
	}
	if c.args, err = c.describe(given.Versions); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// describe gives the arguments that make the same composite again. The versions
// that were written, if any, must be those that there are.
func (c *composite) describe(written []string) (stdjson.RawMessage, error) {
	var parts []any
	var versions []string
	for _, p := range c.parts {
		f, err := p.form()
		if err != nil {
			return nil, err
		}
		parts, versions = append(parts, f), append(versions, p.metric.Version)
	}
	if len(written) > 0 && !slices.Equal(written, versions) {
		return nil, &eval.InputError{Msg: fmt.Sprintf("versions: the scorers of the parts have %s, not %s", strings.Join(versions, ", "), strings.Join(written, ", ")), Hint: "leave the argument out to take them as they are"}
	}
	raw, err := marshalRaw(map[string]any{"metrics": parts, "versions": versions})
	return eval.CanonicalJSON(raw), err
}

func newMember(setup eval.Setup, raw jsontext.Value, all bool) (p member, err error) {
	p.weight = 1
	raw, err = takeWeight(raw, &p.weight)
	if err != nil {
		return p, err
	}
	spec, err := wire.DecodeMetric(raw, eval.Pos{})
	if err != nil {
		return p, err
	}
	m, judge, err := setup.Bind(spec, setup.Dir)
	if err != nil {
		return p, err
	}
	_, surveys := judge.(eval.Surveyor)
	switch {
	case all && p.weight != 1:
		err = errors.New("weight: every metric counts the same in all-of")
	case all && m.Scale != eval.Binary:
		err = fmt.Errorf("%s has the scale %s; %s", m.Name, m.Scale, instead(m))
	case m.Scale == eval.Measure || m.Better != eval.Higher:
		err = fmt.Errorf("%s is no score for which higher is better; %s", m.Name, instead(m))
	case surveys:
		err = fmt.Errorf("%s learns from the whole suite and must be a metric of its own", m.Name)
	}
	if c, ok := judge.(io.Closer); err != nil && ok {
		err = errors.Join(err, c.Close())
	}
	p.metric, p.judge = m, judge
	return p, err
}

// instead says what to write for a metric that does not fit: not every scorer can
// have a threshold.
func instead(m eval.Metric) string {
	switch {
	case m.Scale == eval.Binary:
		return "use " + notPrefix + m.Scorer
	case m.Better == eval.Neither:
		return "use a scorer with min and max"
	}
	return "give it a threshold"
}

// takeWeight takes the weight out of a metric {scorer: {weight: 2, ...}}.
func takeWeight(raw jsontext.Value, weight *float64) (jsontext.Value, error) {
	var entry map[string]map[string]jsontext.Value
	if raw.Kind() != '{' || json.Unmarshal(raw, &entry) != nil {
		return raw, nil
	}
	for _, args := range entry {
		if w, ok := args["weight"]; ok {
			if err := json.Unmarshal(w, weight); err != nil || !(*weight > 0) || *weight > 1e6 {
				return nil, errors.New("weight: expected a number above 0")
			}
			delete(args, "weight")
		}
	}
	return json.Marshal(entry, json.Deterministic(true))
}

// identity is what decides the composite's scores.
func (c *composite) identity() stdjson.RawMessage { return c.args }

// Close closes the judges.
func (c *composite) Close() error {
	var errs []error
	for _, p := range c.parts {
		if closer, ok := p.judge.(io.Closer); ok {
			errs = append(errs, closer.Close())
		}
	}
	return errors.Join(errs...)
}

// Score asks every judge.
func (c *composite) Score(ctx context.Context, s *eval.Sample) eval.Score {
	var sum, weight float64
	var failed *eval.Score
	var said []string
	var evidence []eval.Span
	for _, p := range c.parts {
		score := p.judge.Score(ctx, s)
		switch score.Status {
		case eval.Skipped:
			continue
		case eval.Scored:
		default:
			if failed == nil {
				score.Reason = cut(p.metric.Name+": "+score.Reason, reasonLimit)
				failed = &score
			}
			continue
		}
		sum += p.weight * score.Value
		weight += p.weight
		if score.Value < 1 {
			said = append(said, strings.TrimSuffix(p.metric.Name+": "+score.Reason, ": "))
			evidence = append(evidence, score.Evidence...)
		}
	}
	reason := cut(strings.Join(said, "; "), reasonLimit)
	switch {
	case ctx.Err() != nil:
		return stopped(ctx)
	case c.all && len(said) > 0:
		return eval.Value(0, reason, limit(evidence)...)
	case failed != nil:
		return *failed
	case weight == 0:
		return eval.Skip("every metric skips the case")
	case c.all:
		return eval.Value(1, "")
	}
	return eval.Value(min(1, sum/weight), reason, limit(evidence)...)
}

package scorers

import (
	"context"
	stdjson "encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// shape is what every metric may say beside the arguments of its scorer. It is
// part of the metric's identity, in its arguments.
type shape struct {
	Transform         pipeline `json:"transform,omitzero" doc:"steps that change the output before it is scored; holdtrue scorers --transforms lists them"`
	TransformExpected pipeline `json:"transform_expected,omitzero" doc:"steps that change the expected answers"`
	Threshold         *float64 `json:"threshold,omitzero" doc:"turns a score into yes (at least the threshold, or at most where lower is better) or no"`
	Only              list     `json:"only,omitzero" doc:"tags, as key=value or plain; cases with none of them are skipped"`
	Version           string   `json:"version,omitzero" doc:"a version of one's own: raise it when what the metric means has changed"`
}

var shapeKeys = []string{"transform", "transform_expected", "threshold", "only", "version"}

// splitArgs divides what was written into the scorer's own arguments and the shape.
func splitArgs(raw stdjson.RawMessage) (own stdjson.RawMessage, s shape, err error) {
	if len(raw) == 0 {
		return nil, s, nil
	}
	var all map[string]jsontext.Value
	if json.Unmarshal(raw, &all) != nil {
		return raw, s, nil // the scorer's own reading says what is wrong
	}
	if _, ok := all["weight"]; ok {
		return nil, s, &eval.InputError{Msg: "a weight counts inside of mean-of only", Hint: "write {mean-of: {metrics: [{exact: {weight: 2}}, rouge-l]}}"}
	}
	shaped := map[string]jsontext.Value{}
	for _, k := range shapeKeys {
		if v, ok := all[k]; ok {
			shaped[k] = v
			delete(all, k)
		}
	}
	if len(shaped) == 0 {
		return raw, s, nil
	}
	b, err := json.Marshal(shaped)
	if err == nil {
		err = json.Unmarshal(b, &s)
	}
	if err != nil {
		var semantic *json.SemanticError
		if errors.As(err, &semantic) && semantic.Err != nil {
			err = semantic.Err
		}
		return nil, s, fmt.Errorf("transform, threshold, only, version: %w", err)
	}
	if len(all) == 0 {
		return nil, s, nil
	}
	own, err = marshalRaw(all)
	return own, s, err
}

func marshalRaw(v any) (stdjson.RawMessage, error) {
	b, err := json.Marshal(v, json.Deterministic(true))
	return stdjson.RawMessage(b), err
}

// mergeArgs is the identity of a metric: the scorer's effective arguments and
// the shape in one object.
func mergeArgs(own stdjson.RawMessage, s shape) (stdjson.RawMessage, error) {
	b, err := marshalRaw(s)
	if err != nil || string(b) == "{}" {
		return own, err
	}
	all := map[string]jsontext.Value{}
	for _, raw := range []stdjson.RawMessage{own, b} {
		if len(raw) > 0 {
			if err := json.Unmarshal(raw, &all); err != nil {
				return nil, err
			}
		}
	}
	return marshalRaw(all)
}

// apply wraps a judge into the shape and changes the metric to match.
func (s shape) apply(m *eval.Metric, j eval.Judge) (eval.Judge, error) {
	if s.Threshold != nil && m.Scale == eval.Binary {
		return nil, errors.New("threshold: this scorer says yes or no by itself")
	}
	if s.Threshold != nil && m.Better == eval.Neither {
		return nil, errors.New("threshold: this measure is neither better nor worse; use a scorer with min and max")
	}
	if s.Threshold != nil && m.Scale == eval.Unit && !(*s.Threshold >= 0 && *s.Threshold <= 1) {
		return nil, errors.New("threshold: expected a number from 0 to 1")
	}
	for _, t := range s.Only {
		if strings.TrimSpace(t) == "" {
			return nil, errors.New("only: expected tags, as key=value or plain")
		}
	}
	if len(s.Transform)+len(s.TransformExpected)+len(s.Only) == 0 && s.Threshold == nil {
		return j, nil
	}
	key, err := marshalRaw([]pipeline{s.Transform, s.TransformExpected})
	if err != nil {
		return nil, err
	}
	sh := shaped{shape: s, judge: j, scale: m.Scale, better: m.Better, key: transformKey(key)}
	if s.Threshold != nil {
		m.Scale, m.Unit, m.Better = eval.Binary, "", eval.Higher
	}
	surveyor, surveys := j.(eval.Surveyor)
	closer, closes := j.(io.Closer)
	switch {
	case surveys && closes:
		return struct {
			shapedSurveyor
			io.Closer
		}{shapedSurveyor{sh, surveyor}, closer}, nil
	case surveys:
		return shapedSurveyor{sh, surveyor}, nil
	case closes:
		return struct {
			shaped
			io.Closer
		}{sh, closer}, nil
	}
	return sh, nil
}

type shaped struct {
	shape
	judge  eval.Judge
	scale  eval.Scale
	better eval.Better
	key    transformKey
}

type shapedSurveyor struct {
	shaped
	surveyor eval.Surveyor
}

// Survey shows the judge the cases that its metric is for.
func (s shapedSurveyor) Survey(c *eval.Case) {
	if s.wants(c) {
		s.surveyor.Survey(c)
	}
}

// Digest is that of the judge.
func (s shapedSurveyor) Digest() string { return s.surveyor.Digest() }

// wants reports whether the metric is for the case.
func (s shape) wants(c *eval.Case) bool {
	if len(s.Only) == 0 {
		return true
	}
	return slices.ContainsFunc(s.Only, func(t string) bool {
		key, value, ok := strings.Cut(t, "=")
		if !ok {
			key, value = wire.PlainTag, t
		}
		return slices.Contains(c.Tags[key], value)
	})
}

// transformKey is the key under which a sample holds itself transformed.
type transformKey string

type transformed struct {
	sample *eval.Sample
	lost   string // why there is nothing left
	err    error
}

// Score scores what the transforms leave of the output.
func (s shaped) Score(ctx context.Context, sample *eval.Sample) eval.Score {
	if !s.wants(sample.Case) {
		return eval.Skip("the metric is only for " + strings.Join(s.Only, ", "))
	}
	to := transformed{sample: sample}
	if len(s.Transform)+len(s.TransformExpected) > 0 {
		to = eval.Memo(sample, s.key, func() transformed { return s.transform(ctx, sample) })
	}
	switch {
	case ctx.Err() != nil:
		return stopped(ctx)
	case to.err != nil:
		return eval.Fail(clean(to.err.Error()))
	case to.lost != "" && s.better == eval.Higher && s.scale != eval.Measure:
		return s.missed(ctx, to, sample)
	}
	score := s.judge.Score(ctx, to.sample)
	if to.sample != sample {
		score.Evidence = moved(score.Evidence, to.sample, sample)
	}
	if score.Status == eval.Scored && s.Threshold != nil {
		return s.decide(score)
	}
	return score
}

// missed gives 0 to an output of which the transforms leave nothing, unless the judge
// skips the case: it alone knows, and is asked about the output as it was.
func (s shaped) missed(ctx context.Context, to transformed, sample *eval.Sample) eval.Score {
	score := s.judge.Score(ctx, &eval.Sample{Case: to.sample.Case, Output: sample.Output})
	switch {
	case ctx.Err() != nil:
		return stopped(ctx)
	case score.Status == eval.Skipped:
		return score
	}
	return eval.Value(0, clean(to.lost))
}

func (s shaped) transform(ctx context.Context, sample *eval.Sample) transformed {
	out, c := *sample.Output, *sample.Case
	text, lost, err := s.Transform.run(ctx, out.Text)
	if err != nil {
		return transformed{err: err}
	}
	out.Text = text
	if len(s.TransformExpected) > 0 {
		c.Expected = make([]string, 0, len(sample.Case.Expected))
		for _, e := range sample.Case.Expected {
			t, gone, err := s.TransformExpected.run(ctx, e)
			if err != nil {
				return transformed{err: err}
			}
			if gone == "" {
				c.Expected = append(c.Expected, t)
			}
		}
	}
	changed := &eval.Sample{Case: &c, Output: &out}
	if sample.Shared != nil {
		changed.Shared = eval.MemoCase(sample, s.key, func() *eval.Shared { return new(eval.Shared) })
	}
	return transformed{sample: changed, lost: lost}
}

// moved brings evidence back to the text as it was. What stands there no more is
// dropped.
func moved(evidence []eval.Span, from, to *eval.Sample) (kept []eval.Span) {
	offset := strings.Index(to.Output.Text, from.Output.Text)
	for _, e := range evidence {
		if e.In == "" && offset >= 0 {
			e.Start, e.End = e.Start+offset, e.End+offset
			kept = append(kept, e)
		}
	}
	return kept
}

// decide holds a score to the threshold.
func (s shaped) decide(score eval.Score) eval.Score {
	pass, sign := score.Value >= *s.Threshold, "below"
	if s.better == eval.Lower {
		pass, sign = score.Value <= *s.Threshold, "above"
	}
	if pass {
		return eval.Value(1, score.Reason, score.Evidence...)
	}
	reason := fmt.Sprintf("%s is %s %s", number(score.Value), sign, number(*s.Threshold))
	if score.Reason != "" {
		reason = cut(reason+": "+score.Reason, reasonLimit)
	}
	return eval.Value(0, reason, score.Evidence...)
}

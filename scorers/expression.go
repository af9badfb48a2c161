package scorers

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/ext"
	"github.com/go-json-experiment/json"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

var expressionScorer = &eval.Scorer{
	Name: "expression",
	Doc: `the value of an expression over case and output, in CEL.

The Common Expression Language (cel.dev) with its extensions for strings, lists and
numbers. case has id, prompt, messages (role, content), expected, tags (a map to
lists), steps and documents; output has text, model, prompt, steps (tool, args,
result, latency_ms), documents (id, version, source, hash, text), latency_ms,
first_token_ms, input_tokens, output_tokens, cost_usd (null where not recorded) and
labels (a map).
true is 1, false 0, and a number must be from 0 to 1. A name that does not exist is an
error when the suite is read. An expression that costs more than cost_limit, or meets
an error, gives a failed score.`,
	Version: "1",
	Scale:   eval.Unit,
	Better:  eval.Higher,
	Args:    &expressionDefaults,
	New:     withArgs(&expressionDefaults, newExpression),
}

type expressionArgs struct {
	Expr      string `json:"expr" doc:"the expression; required"`
	CostLimit int    `json:"cost_limit" doc:"the greatest cost of one evaluation, in CEL's units"`
}

var expressionDefaults = expressionArgs{CostLimit: 10_000_000}

// What an expression sees. The names of the types and fields are part of the
// language, so they are exported here although the package needs them alone.
type (
	// ExprMessage is a turn of a conversation.
	ExprMessage struct {
		Role    string `cel:"role"`
		Content string `cel:"content"`
	}
	// ExprStep is a tool call.
	ExprStep struct {
		Tool      string `cel:"tool"`
		Args      any    `cel:"args"`
		Result    any    `cel:"result"`
		LatencyMS any    `cel:"latency_ms"`
	}
	// ExprDocument is a document that was retrieved, or has to be.
	ExprDocument struct {
		ID      string `cel:"id"`
		Version string `cel:"version"`
		Source  string `cel:"source"`
		Hash    string `cel:"hash"`
		Text    string `cel:"text"`
	}
	// ExprCase is the case.
	ExprCase struct {
		ID        string              `cel:"id"`
		Prompt    string              `cel:"prompt"`
		Messages  []ExprMessage       `cel:"messages"`
		Expected  []string            `cel:"expected"`
		Tags      map[string][]string `cel:"tags"`
		Steps     []ExprStep          `cel:"steps"`
		Documents []ExprDocument      `cel:"documents"`
	}
	// ExprOutput is the output.
	ExprOutput struct {
		Text         string             `cel:"text"`
		Model        string             `cel:"model"`
		Prompt       string             `cel:"prompt"`
		Steps        []ExprStep         `cel:"steps"`
		Documents    []ExprDocument     `cel:"documents"`
		LatencyMS    any                `cel:"latency_ms"`
		FirstTokenMS any                `cel:"first_token_ms"`
		InputTokens  any                `cel:"input_tokens"`
		OutputTokens any                `cel:"output_tokens"`
		CostUSD      any                `cel:"cost_usd"`
		Labels       map[string]float64 `cel:"labels"`
	}
)

func newExpression(args expressionArgs, _ string) (eval.Judge, error) {
	if strings.TrimSpace(args.Expr) == "" {
		return nil, &eval.InputError{Msg: "the argument expr is missing", Hint: `write {expression: {expr: "size(output.text) < 800"}}`}
	}
	if args.CostLimit <= 0 {
		return nil, errors.New("cost_limit: expected a whole number above 0")
	}
	env, err := cel.NewEnv(
		ext.NativeTypes(ext.ParseStructTags(true), reflect.TypeFor[ExprMessage](), reflect.TypeFor[ExprStep](), reflect.TypeFor[ExprDocument](), reflect.TypeFor[ExprCase](), reflect.TypeFor[ExprOutput]()),
		cel.Variable("case", cel.ObjectType("scorers.ExprCase")),
		cel.Variable("output", cel.ObjectType("scorers.ExprOutput")),
		ext.Strings(), ext.Math(), ext.Lists(), ext.Sets(), cel.OptionalTypes(),
	)
	if err != nil {
		return nil, err
	}
	ast, issues := env.Compile(args.Expr)
	if err := issues.Err(); err != nil {
		return nil, explainExpression(err)
	}
	switch t := ast.OutputType(); t.Kind() {
	case types.BoolKind, types.DoubleKind, types.IntKind, types.UintKind, types.DynKind:
	default:
		return nil, fmt.Errorf("expr: it gives a %s; expected true or false, or a number from 0 to 1", t)
	}
	program, err := env.Program(ast, cel.CostLimit(uint64(args.CostLimit)), cel.InterruptCheckFrequency(100), cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, fmt.Errorf("expr: %w", err)
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		v, _, err := program.ContextEval(ctx, map[string]any{"case": exprCase(s), "output": exprOutput(s)})
		switch {
		case ctx.Err() != nil:
			return stopped(ctx)
		case err != nil:
			return eval.Fail(clean(err.Error()))
		}
		return exprScore(v.Value())
	}), nil
}

func exprScore(v any) eval.Score {
	var f float64
	switch v := v.(type) {
	case bool:
		return eval.Pass(v, "")
	case float64:
		f = v
	case int64:
		f = float64(v)
	case uint64:
		f = float64(v)
	default:
		return eval.Fail(clean(fmt.Sprintf("the expression gives %T; expected true or false, or a number from 0 to 1", v)))
	}
	if !(f >= 0 && f <= 1) {
		return eval.Fail("the expression gives " + number(f) + ", which is not from 0 to 1")
	}
	return eval.Value(f, "")
}

var (
	unknownField = regexp.MustCompile(`undefined field '([^']*)'`)
	unknownName  = regexp.MustCompile(`undeclared reference to '([^']*)'`)
)

// explainExpression adds the nearest name to an error about one that is unknown.
func explainExpression(err error) error {
	message := err.Error()
	e := &eval.InputError{Msg: "expr: " + message, Hint: "run `holdtrue scorers expression` for the names there are"}
	if m := unknownField.FindStringSubmatch(message); m != nil {
		e.Msg = "expr: there is no field " + quote(m[1]) + wire.Suggest(m[1], exprFields())
	} else if m := unknownName.FindStringSubmatch(message); m != nil {
		e.Msg = "expr: there is no " + quote(m[1]) + wire.Suggest(m[1], []string{"case", "output"})
	}
	return e
}

func exprFields() (names []string) {
	for _, t := range []reflect.Type{reflect.TypeFor[ExprOutput](), reflect.TypeFor[ExprCase](), reflect.TypeFor[ExprStep](), reflect.TypeFor[ExprDocument](), reflect.TypeFor[ExprMessage]()} {
		for _, f := range reflect.VisibleFields(t) {
			names = append(names, f.Tag.Get("cel"))
		}
	}
	return names
}

type exprCaseKey struct{}

type exprOutputKey struct{}

func exprCase(s *eval.Sample) ExprCase {
	return eval.Memo(s, exprCaseKey{}, func() ExprCase {
		c := ExprCase{ID: s.Case.ID, Prompt: valid(s.Case.Text()), Expected: s.Case.Expected, Tags: s.Case.Tags,
			Steps: exprSteps(s.Case.Steps), Documents: exprDocuments(s.Case.Documents)}
		for _, m := range s.Case.Messages {
			c.Messages = append(c.Messages, ExprMessage{m.Role, valid(m.Content)})
		}
		return c
	})
}

func exprOutput(s *eval.Sample) ExprOutput {
	return eval.Memo(s, exprOutputKey{}, func() ExprOutput {
		o := ExprOutput{Text: valid(s.Output.Text), Model: s.Output.Model, Prompt: valid(s.Output.Prompt), Steps: exprSteps(s.Output.Steps),
			Documents: exprDocuments(s.Output.Documents), LatencyMS: orAbsent(s.Output.LatencyMS), FirstTokenMS: orAbsent(s.Output.FirstTokenMS)}
		if u := s.Output.Usage; u != nil {
			o.InputTokens, o.OutputTokens, o.CostUSD = orAbsent(u.InputTokens), orAbsent(u.OutputTokens), orAbsent(u.CostUSD)
		}
		if f := s.Output.Feedback; f != nil {
			o.Labels = f.Labels
		}
		return o
	})
}

func exprSteps(steps []eval.Step) (out []ExprStep) {
	for _, st := range steps {
		e := ExprStep{Tool: valid(st.Tool), LatencyMS: orAbsent(st.LatencyMS)}
		for raw, into := range map[*any][]byte{&e.Args: st.Args, &e.Result: st.Result} {
			if len(into) > 0 && json.Unmarshal(into, raw, allowDuplicates) != nil {
				*raw = valid(string(into))
			}
		}
		out = append(out, e)
	}
	return out
}

func exprDocuments(docs []eval.Document) (out []ExprDocument) {
	for _, d := range docs {
		out = append(out, ExprDocument{valid(d.ID), d.Version, d.Source, d.Hash, valid(d.Text)})
	}
	return out
}

// orAbsent is a figure, or nil where it was not recorded.
func orAbsent[T int64 | float64](v *T) any {
	if v == nil {
		return nil
	}
	return *v
}

// valid is a text in UTF-8, which CEL takes for granted.
func valid(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

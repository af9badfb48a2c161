package agent

import (
	"context"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/jsontext"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

const cassetteExample = "march: {run: main}"

var cassetteKind = Kind{
	Name:    "run",
	Doc:     "The answers of a stored run (a pinned name, an id, agent@version), replayed without calling anything.",
	Example: cassetteExample,
	Open:    openCassette,
}

// Runs finds stored runs whose answers can be replayed. A reference that nothing
// answers to, or that names a run that is not complete, is an *eval.InputError.
type Runs interface {
	Cassette(ctx context.Context, ref string) (Cassette, error)
}

// Cassette is a stored run as something to be replayed.
type Cassette interface {
	Run() eval.Run
	// Output is the answer of the run to a case and repeat, as it was stored,
	// with the case as it was asked; false where there is none.
	Output(ctx context.Context, caseID string, repeat int) (asked eval.Case, o eval.Output, found bool, err error)
}

// cassette answers as a stored run did.
type cassette struct {
	Cassette
	info Info
}

func openCassette(ctx context.Context, spec eval.AgentSpec, opt Options) (Agent, error) {
	var form struct {
		ID string `json:"id"`
	}
	into := any(&form)
	if jsontext.Value(spec.Args).Kind() == '"' {
		into = &form.ID
	}
	if err := wire.Decode(spec.Args, into, eval.Pos{}, false); err != nil {
		return nil, wrong(spec, "run: "+err.Error(), cassetteExample)
	}
	switch {
	case form.ID == "":
		return nil, wrong(spec, "run: expected the name of a stored run", cassetteExample)
	case opt.Runs == nil:
		return nil, wrong(spec, "run: there is no store to take it from", "")
	}
	c, err := opt.Runs.Cassette(ctx, form.ID)
	if err != nil {
		return nil, wrong(spec, "run: "+err.Error(), "holdtrue runs")
	}
	return &cassette{c, cassetteInfo(c.Run())}, nil
}

// cassetteInfo is the identity of a run's answers: everything that is known of
// what made them, and under "recording" which answers they are, so that nobody
// takes a copy of them for new evidence. A run that was itself a replay has the
// answers of the one that it replayed.
func cassetteInfo(run eval.Run) Info {
	lineage := make(map[string]string, len(run.Lineage)+1)
	for k, v := range run.Lineage {
		if k != "holdtrue" { // that of the program that replays
			lineage[k] = v
		}
	}
	lineage["recording"] = run.Answers()
	return Info{Version: run.Version, Repeats: run.Repeats, Recorded: true, Lineage: lineage}
}

func (c *cassette) Info() Info { return c.info }

// Ask gives the stored output, its latency as it was. A case that asks something
// else now than it did then has no answer; what is expected of it may change.
func (c *cassette) Ask(ctx context.Context, asked *eval.Case, repeat int) (eval.Output, error) {
	failed := eval.Output{CaseID: asked.ID, Repeat: repeat}
	if err := ctx.Err(); err != nil {
		return failed, err
	}
	then, o, found, err := c.Output(ctx, asked.ID, repeat)
	switch {
	case err != nil:
		return failed, fmt.Errorf("run %s: case %s: %w", c.Run().ID, asked.ID, err)
	case !found:
		failed.Err = noAnswer
		return failed, nil
	case then.Prompt != asked.Prompt || !slices.EqualFunc(then.Messages, asked.Messages, sameMessage):
		failed.Err = askedOtherwise
		return failed, nil
	}
	return o, nil
}

// askedOtherwise is the error of a case whose prompt was edited since the run.
const askedOtherwise = "no answer: the run was asked something else under this id"

func sameMessage(a, b eval.Message) bool { return a.Role == b.Role && a.Content == b.Content }

// Close has nothing to end: the store is the caller's.
func (c *cassette) Close() error { return nil }

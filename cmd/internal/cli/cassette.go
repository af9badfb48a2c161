package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"holdtrue/eval"
	"holdtrue/eval/agent"
	"holdtrue/eval/store"
)

// cassettes are the complete runs of a store, to be replayed.
type cassettes struct{ db *store.DB }

func (c cassettes) Cassette(ctx context.Context, ref string) (agent.Cassette, error) {
	run, err := c.db.Run(ctx, ref)
	if err != nil {
		return nil, err
	}
	if run.Status != eval.Complete {
		return nil, fmt.Errorf("run %s of %s is not complete, and is replayed only when it is", run.ID, run.Name())
	}
	return cassette{c.db, run}, nil
}

type cassette struct {
	db  *store.DB
	run eval.Run
}

func (c cassette) Run() eval.Run { return c.run }

func (c cassette) Output(ctx context.Context, caseID string, repeat int) (eval.Case, eval.Output, bool, error) {
	return c.db.Replayed(ctx, c.run.ID, caseID, repeat)
}

// replaying is a stored run as an agent: of the same name and version, so that
// its answers can be scored anew.
func replaying(ctx context.Context, db *store.DB, ref string) (eval.AgentSpec, error) {
	run, err := db.Run(ctx, ref)
	if err != nil {
		return eval.AgentSpec{}, err
	}
	id, err := json.Marshal(run.ID)
	return eval.AgentSpec{Name: run.Agent, Kind: "run", Version: run.Version, Args: id}, err
}

// runPrefix marks a stored run where an agent is named.
const runPrefix = "run:"

// agentsOrRuns finds agents of the suite, and stored runs written run:NAME.
func agentsOrRuns(ctx context.Context, suite *eval.Suite, db *store.DB, names []string) (specs []eval.AgentSpec, err error) {
	for _, name := range names {
		ref, stored := strings.CutPrefix(name, runPrefix)
		if stored {
			spec, err := replaying(ctx, db, ref)
			if err != nil {
				return nil, err
			}
			specs = append(specs, spec)
			continue
		}
		found, err := namedAgents(suite, []string{name})
		if err != nil {
			return nil, err
		}
		specs = append(specs, found...)
	}
	return specs, nil
}

// withoutRuns leaves the names that must be agents of the suite.
func withoutRuns(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return strings.HasPrefix(name, runPrefix) })
}

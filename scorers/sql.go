package scorers

import (
	"context"
	"fmt"
	"strings"

	"holdtrue/eval"
	"holdtrue/scorers/sqlcheck"
)

var sqlScorer = &eval.Scorer{
	Name: "sql",
	Doc: `1 if the output is SQL that SQLite's own parser accepts; nothing is executed.

Statements are compiled and thrown away. Without a schema only the grammar counts;
with one, tables and columns must exist in it, and tables limits those that may be
touched. ATTACH, DETACH and PRAGMA are refused. It is SQLite's dialect. Outputs
over 1 MiB are not judged.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &sqlDefaults,
	New:     withArgs(&sqlDefaults, newSQL),
}

type sqlArgs struct {
	Schema   string `json:"schema,omitzero" doc:"CREATE statements that make the tables"`
	Tables   list   `json:"tables,omitzero" doc:"the tables that may be read or written; needs schema"`
	ReadOnly bool   `json:"read_only" doc:"nothing but queries may occur"`
	Fenced   string `json:"fenced" oneof:"refuse allow" doc:"whether one code fence may surround the SQL"`
}

var sqlDefaults = sqlArgs{Fenced: "refuse"}

// sqlLimit is the length in bytes of the longest output that is compiled.
const sqlLimit = 1 << 20

func newSQL(args sqlArgs, _ string) (eval.Judge, error) {
	c, err := sqlcheck.New(sqlcheck.Rules{Schema: args.Schema, Tables: args.Tables, ReadOnly: args.ReadOnly})
	if err != nil {
		return nil, err
	}
	return sqlJudge{c, args.Fenced == "allow"}, nil
}

type sqlJudge struct {
	*sqlcheck.Checker
	fenced bool
}

func (j sqlJudge) Score(ctx context.Context, s *eval.Sample) eval.Score {
	if ctx.Err() != nil {
		return stopped(ctx)
	}
	out := strings.TrimSpace(s.Output.Text)
	if j.fenced {
		out = unfence(out)
	}
	if len(out) > sqlLimit {
		return eval.Fail(fmt.Sprintf("the output is %d bytes long; at most %d are compiled", len(out), sqlLimit))
	}
	if i := strings.IndexByte(out, 0); i >= 0 {
		return eval.Value(0, "not SQL: a NUL character")
	}
	if _, err := j.Check(out); err != nil {
		return eval.Value(0, "not SQL: "+clean(err.Error()))
	}
	return eval.Value(1, "")
}

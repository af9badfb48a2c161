package scorers

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"holdtrue/eval"
)

var csvScorer = &eval.Scorer{
	Name: "csv",
	Doc: `1 if the whole output is a table of comma-separated values, as RFC 4180 has it.

Every row has as many fields as the first, at least columns_min of them, and
quotation marks are in pairs. With columns, the first row must hold these names, in
any order. With fenced: allow, one code fence around the whole output is taken off
first.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &csvDefaults,
	New:     withArgs(&csvDefaults, newCSV),
}

type csvArgs struct {
	Columns    list   `json:"columns,omitzero" doc:"names that the first row must hold"`
	ColumnsMin int    `json:"columns_min" doc:"the least number of fields a row"`
	RowsMin    int    `json:"rows_min" doc:"the least number of rows, the first included"`
	Delimiter  string `json:"delimiter" doc:"the character between fields"`
	Fenced     string `json:"fenced" oneof:"refuse allow" doc:"whether one code fence may surround the table"`
}

var csvDefaults = csvArgs{ColumnsMin: 2, RowsMin: 1, Delimiter: ",", Fenced: "refuse"}

func newCSV(args csvArgs, _ string) (eval.Judge, error) {
	comma, size := utf8.DecodeRuneInString(args.Delimiter)
	if size == 0 || size != len(args.Delimiter) || comma == '"' || comma == '\n' || comma == '\r' || comma == utf8.RuneError {
		return nil, errors.New(`delimiter: expected one character that is no quotation mark or end of line, such as "," or ";"`)
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		out := strings.TrimPrefix(s.Output.Text, "\ufeff")
		if args.Fenced == "allow" {
			out = unfenceTable(out)
		}
		err := args.read(ctx, trimTable(out, comma), comma)
		switch {
		case ctx.Err() != nil:
			return stopped(ctx)
		case err != nil:
			return eval.Value(0, clean(err.Error()))
		}
		return eval.Value(1, "")
	}), nil
}

// trimTable takes the white space off the ends that divides no fields: a tab may
// stand for an empty first or last one.
func trimTable(s string, comma rune) string {
	return strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) && r != comma })
}

// unfenceTable takes a code fence off as unfence does, but leaves all between its
// two lines.
func unfenceTable(s string) string {
	fenced := strings.TrimSpace(s)
	if unfence(fenced) == fenced {
		return s
	}
	_, body, _ := strings.Cut(fenced, "\n")
	return body[:max(0, strings.LastIndexByte(body, '\n'))]
}

func (a csvArgs) read(ctx context.Context, s string, comma rune) error {
	r := csv.NewReader(strings.NewReader(s))
	r.Comma, r.ReuseRecord = comma, true
	rows := 0
	for ; ; rows++ {
		if rows%(1<<12) == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("not a table: %w", err)
		}
		if rows > 0 {
			continue
		}
		if len(record) < a.ColumnsMin {
			return fmt.Errorf("%s a row, at least %d wanted", count(len(record), "field"), a.ColumnsMin)
		}
		for _, name := range a.Columns {
			if !slices.ContainsFunc(record, func(f string) bool { return strings.TrimSpace(f) == name }) {
				return fmt.Errorf("no column %s", quote(name))
			}
		}
	}
	if rows < a.RowsMin || rows == 0 {
		return fmt.Errorf("%s, at least %d wanted", count(rows, "row"), max(1, a.RowsMin))
	}
	return nil
}

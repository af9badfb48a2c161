package datasets

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

var csvFormat = &Format{
	Name: "csv", Exts: []string{".csv"},
	Doc: "a header line with id, prompt, expected (may repeat), tag (may repeat), tags.KEY, comment, " +
		"and steps, documents, messages, metrics as JSON; a list of tags or answers in one cell is not split",
	Read: readCSV,
}

func readCSV(r io.Reader, name string) iter.Seq2[eval.Case, error] {
	return func(yield func(eval.Case, error) bool) {
		b, err := unmarked(r, name)
		if err != nil {
			yield(eval.Case{}, err)
			return
		}
		d := csv.NewReader(b)
		d.FieldsPerRecord = -1
		header, err := d.Read()
		if err != nil {
			yield(eval.Case{}, &eval.InputError{Pos: eval.Pos{File: name, Line: 1}, Msg: "expected a header line: " + csvMessage(err)})
			return
		}
		if err := checkHeader(header, name); err != nil {
			yield(eval.Case{}, err)
			return
		}
		for {
			record, err := d.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			pos := eval.Pos{File: name}
			if err == nil {
				pos.Line, _ = d.FieldPos(0)
			}
			var c eval.Case
			switch {
			case err != nil:
				var parse *csv.ParseError
				if errors.As(err, &parse) {
					pos.Line = parse.Line
				}
				yield(c, &eval.InputError{Pos: pos, Msg: csvMessage(err)})
				return
			case len(record) != len(header):
				err = &eval.InputError{Pos: pos, Msg: fmt.Sprintf("%d columns, and the header has %d", len(record), len(header))}
			default:
				c, err = csvCase(header, record, pos)
			}
			if !yield(c, err) {
				return
			}
		}
	}
}

func csvMessage(err error) string {
	var parse *csv.ParseError
	if errors.As(err, &parse) {
		return "not valid CSV: " + parse.Err.Error()
	}
	return "not valid CSV: " + err.Error()
}

var csvColumns = []string{"id", "prompt", "expected", "tag", "tags.KEY", "messages", "steps", "documents", "metrics", "comment"}

func checkHeader(header []string, name string) error {
	pos := eval.Pos{File: name, Line: 1}
	seen := map[string]bool{}
	var errs []error
	for _, h := range header {
		switch key, tagged := strings.CutPrefix(h, "tags."); {
		case tagged && key != "", h == "expected", h == "tag":
		case seen[h]:
			errs = append(errs, &eval.InputError{Pos: pos, Msg: fmt.Sprintf("the column %q stands twice", h)})
		case h == "tags.KEY" || !slices.Contains(csvColumns, h):
			errs = append(errs, &eval.InputError{Pos: pos, Msg: fmt.Sprintf("unknown column %q%s", h, wire.Suggest(h, csvColumns))})
		}
		seen[h] = true
	}
	if !seen["id"] {
		errs = append(errs, &eval.InputError{Pos: pos, Msg: `the column "id" is missing`})
	}
	return errors.Join(errs...)
}

// csvCase builds the case as JSON, so that one reader decides what is valid.
// Empty cells are as if they were not there.
func csvCase(header, record []string, pos eval.Pos) (eval.Case, error) {
	form := map[string]any{}
	var expected []string
	tags := map[string][]string{}
	for i, h := range header {
		cell := record[i]
		if cell == "" {
			continue
		}
		if !utf8.ValidString(cell) {
			return eval.Case{}, &eval.InputError{Pos: pos, Msg: fmt.Sprintf("column %s is not UTF-8", h)}
		}
		key, tagged := strings.CutPrefix(h, "tags.")
		switch {
		case tagged:
			tags[key] = append(tags[key], cell)
		case h == "tag":
			tags[wire.PlainTag] = append(tags[wire.PlainTag], cell)
		case h == "expected":
			expected = append(expected, cell)
		case h == "id" || h == "prompt" || h == "comment":
			form[h] = cell
		default:
			if !json.Valid([]byte(cell)) {
				return eval.Case{}, &eval.InputError{Pos: pos, Msg: fmt.Sprintf("column %s: expected JSON", h)}
			}
			form[h] = json.RawMessage(cell)
		}
	}
	if expected != nil {
		form["expected"] = expected
	}
	if len(tags) > 0 {
		form["tags"] = tags
	}
	raw, err := json.Marshal(form)
	if err != nil {
		return eval.Case{}, err
	}
	return wire.DecodeCase(raw, pos)
}

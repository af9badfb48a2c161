package datasets

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/google/renameio/v2"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// Map says where a foreign record keeps what a case or an output needs: our key
// to a source. A source is a dotted path into the record ("truth.correct"; a
// number picks from a list), or "=text" for a fixed text, and may end in
// "|cut:X" (what stands before the first X) or "|after:X" (what stands after).
type Map map[string]string

// Keys of a Map that belong to a case, and to an output. "tags.KEY" and
// "labels.NAME" take any key.
var (
	caseKeys   = []string{"id", "prompt", "expected", "tags", "tags.KEY", "documents"}
	outputKeys = []string{"id", "repeat", "output", "label", "labels.NAME", "latency_ms", "first_token_ms", "model", "error", "input_tokens", "output_tokens", "cost_usd", "documents"}
)

// ParseMap reads "id=id,prompt=question,expected=answer". A comma inside a value
// is written twice.
func ParseMap(text string) (Map, error) {
	m := Map{}
	text = strings.ReplaceAll(text, ",,", "\x00")
	for _, part := range strings.Split(text, ",") {
		key, source, ok := strings.Cut(strings.ReplaceAll(part, "\x00", ","), "=")
		key = strings.TrimSpace(key)
		switch {
		case !ok || source == "" || key == "":
			return nil, &eval.InputError{Msg: fmt.Sprintf("--map %q: expected KEY=PATH", part), Hint: "--map id=id,prompt=question,expected=answer,output=reply"}
		case !mapKey(key):
			return nil, &eval.InputError{Msg: fmt.Sprintf("--map: unknown key %q%s", key, wire.Suggest(key, append(slices.Clone(caseKeys), outputKeys...)))}
		case m[key] != "":
			return nil, &eval.InputError{Msg: fmt.Sprintf("--map: the key %q stands twice", key)}
		}
		if err := checkSource(source); err != nil {
			return nil, err
		}
		m[key] = source
	}
	if m["id"] == "" {
		return nil, &eval.InputError{Msg: "--map: \"id\" is missing; it joins cases and outputs"}
	}
	return m, nil
}

func mapKey(key string) bool {
	prefix, name, dotted := strings.Cut(key, ".")
	if dotted {
		return name != "" && (prefix == "tags" || prefix == "labels")
	}
	return slices.Contains(caseKeys, key) || slices.Contains(outputKeys, key)
}

func checkSource(source string) error {
	_, filter, ok := strings.Cut(source, "|")
	name, arg, _ := strings.Cut(filter, ":")
	if ok && (arg == "" || name != "cut" && name != "after") {
		return &eval.InputError{Msg: fmt.Sprintf("--map: unknown rewrite %q; known: cut:X, after:X", filter)}
	}
	return nil
}

// Imported counts what an import wrote.
type Imported struct{ Records, Cases, Outputs int }

// Import converts the foreign records of a file (JSONL or CSV, also gzip) into
// a case file, a recording, or both; an empty name leaves one out. Records with
// the same case id give one case and several outputs. Files are written whole or
// not at all, and overwritten only with force. All faults are returned together.
func Import(path string, m Map, cases, recording string, force bool) (n Imported, err error) {
	for _, out := range []string{cases, recording} {
		if _, err := os.Stat(out); out != "" && err == nil && !force {
			return n, &eval.InputError{Pos: eval.Pos{File: out}, Msg: "the file exists", Hint: "--force overwrites it"}
		}
	}
	if recording != "" && m["output"] == "" {
		return n, &eval.InputError{Msg: "--map: \"output\" is missing, and a recording is to be written"}
	}
	if cases != "" && m["prompt"] == "" {
		return n, &eval.InputError{Msg: "--map: \"prompt\" is missing, and cases are to be written"}
	}
	c := converter{m: m, seen: map[string]string{}, answered: map[string]int{}}
	var faults faultList
	for rec, err := range records(path) {
		if err == nil {
			n.Records++
			err = c.take(rec, cases != "", recording != "")
		}
		faults.add(err)
	}
	if err := faults.err(); err != nil {
		return n, err
	}
	if n.Records == 0 {
		return n, &eval.InputError{Pos: eval.Pos{File: path}, Msg: "the file holds no record"}
	}
	n.Cases, n.Outputs = c.nCases, c.nOutputs
	return n, errors.Join(writeOut(cases, c.cases.Bytes()), writeOut(recording, c.outputs.Bytes()))
}

func writeOut(path string, data []byte) error {
	if path == "" {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return renameio.WriteFile(path, data, 0o644)
}

// record is a foreign record and where it stands.
type record struct {
	value any
	pos   eval.Pos
}

func records(path string) iter.Seq2[record, error] {
	return func(yield func(record, error) bool) {
		f, err := wire.Open(path)
		if err != nil {
			yield(record{}, err)
			return
		}
		defer f.Close()
		if strings.HasSuffix(strings.TrimSuffix(strings.ToLower(path), ".gz"), ".csv") {
			csvRecords(f, path, yield)
			return
		}
		for line, err := range wire.Lines(f, path) {
			rec := record{pos: line.Pos}
			if err == nil {
				err = wire.Decode(line.Data, &rec.value, line.Pos, true)
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}

func csvRecords(f io.Reader, path string, yield func(record, error) bool) {
	d := csv.NewReader(f)
	header, err := d.Read()
	if err != nil {
		yield(record{}, &eval.InputError{Pos: eval.Pos{File: path, Line: 1}, Msg: csvMessage(err)})
		return
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff")
	for {
		row, err := d.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			yield(record{}, &eval.InputError{Pos: eval.Pos{File: path}, Msg: csvMessage(err)})
			return
		}
		line, _ := d.FieldPos(0)
		value := map[string]any{}
		for i, h := range header {
			value[h] = row[i]
		}
		if !yield(record{value, eval.Pos{File: path, Line: line}}, nil) {
			return
		}
	}
}

// converter turns records into lines.
type converter struct {
	m                Map
	cases, outputs   bytes.Buffer
	seen             map[string]string // case id to content hash
	answered         map[string]int    // id and repeat to line
	nCases, nOutputs int
}

func (c *converter) take(rec record, cases, outputs bool) error {
	id, err := c.text(rec, "id")
	if err != nil {
		return err
	}
	if id == "" {
		return &eval.InputError{Pos: rec.pos, Msg: fmt.Sprintf("the record has no id at %q", c.m["id"])}
	}
	if cases {
		if err := c.takeCase(rec, id); err != nil {
			return err
		}
	}
	if outputs {
		return c.takeOutput(rec, id)
	}
	return nil
}

func (c *converter) takeCase(rec record, id string) error {
	prompt, err := c.text(rec, "prompt")
	if err != nil {
		return err
	}
	cs := eval.Case{ID: id, Prompt: prompt, Pos: rec.pos, Expected: texts(c.value(rec, "expected"))}
	for key := range c.m {
		name := wire.PlainTag
		if key != "tags" {
			var ok bool
			if name, ok = strings.CutPrefix(key, "tags."); !ok {
				continue
			}
		}
		if values := texts(c.value(rec, key)); len(values) > 0 {
			if cs.Tags == nil {
				cs.Tags = map[string][]string{}
			}
			cs.Tags[name] = values
		}
	}
	for i, text := range texts(c.value(rec, "documents")) {
		cs.Documents = append(cs.Documents, eval.Document{ID: fmt.Sprintf("%s/document-%d", id, i+1), Text: text})
	}
	if err := check(&cs); err != nil {
		return err
	}
	hash := cs.Hash()
	if old, twice := c.seen[id]; twice {
		if old != hash {
			return &eval.InputError{Pos: rec.pos, Msg: fmt.Sprintf("the id %q stands twice with different content", id),
				Hint: "map an id that tells the questions apart"}
		}
		return nil
	}
	c.seen[id] = hash
	c.nCases++
	return appendLine(&c.cases, func(b []byte) ([]byte, error) { return wire.AppendCase(b, &cs) })
}

func (c *converter) takeOutput(rec record, id string) error {
	o := eval.Output{CaseID: id}
	var err error
	if o.Text, err = c.text(rec, "output"); err != nil {
		return err
	}
	if o.Err, err = c.text(rec, "error"); err != nil {
		return err
	}
	if o.Model, err = c.text(rec, "model"); err != nil {
		return err
	}
	if v := number(c.value(rec, "repeat")); v != nil {
		o.Repeat = int(*v)
	}
	o.LatencyMS = number(c.value(rec, "latency_ms"))
	o.FirstTokenMS = number(c.value(rec, "first_token_ms"))
	c.usage(rec, &o)
	for key := range c.m {
		name := "label"
		if key != "label" {
			var ok bool
			if name, ok = strings.CutPrefix(key, "labels."); !ok {
				continue
			}
		}
		if v := number(c.value(rec, key)); v != nil {
			if o.Feedback == nil {
				o.Feedback = &eval.Feedback{Labels: map[string]float64{}}
			}
			o.Feedback.Labels[name] = *v
		}
	}
	k := fmt.Sprintf("%s\x00%d", id, o.Repeat)
	if first, twice := c.answered[k]; twice {
		return &eval.InputError{Pos: rec.pos, Msg: fmt.Sprintf("a second output for case %q, repeat %d; the first is on line %d", id, o.Repeat, first),
			Hint: "map \"repeat\" too"}
	}
	c.answered[k] = rec.pos.Line
	c.nOutputs++
	return appendLine(&c.outputs, func(b []byte) ([]byte, error) { return wire.AppendOutput(b, &o) })
}

func (c *converter) usage(rec record, o *eval.Output) {
	whole := func(key string) *int64 {
		v := number(c.value(rec, key))
		if v == nil {
			return nil
		}
		n := int64(*v)
		return &n
	}
	u := eval.Usage{InputTokens: whole("input_tokens"), OutputTokens: whole("output_tokens"), CostUSD: number(c.value(rec, "cost_usd"))}
	if u != (eval.Usage{}) {
		o.Usage = &u
	}
}

func appendLine(b *bytes.Buffer, write func([]byte) ([]byte, error)) error {
	line, err := write(nil)
	if err != nil {
		return err
	}
	b.Write(line)
	b.WriteByte('\n')
	return nil
}

// value is what a record holds for one of our keys; nil where it has nothing.
func (c *converter) value(rec record, key string) any {
	source, ok := c.m[key]
	if !ok {
		return nil
	}
	if text, fixed := strings.CutPrefix(source, "="); fixed {
		return text
	}
	path, filter, filtered := strings.Cut(source, "|")
	v := rec.value
	for _, part := range strings.Split(path, ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[part]
		case []any:
			i, err := strconv.Atoi(part)
			if err != nil || i < 0 || i >= len(at) {
				return nil
			}
			v = at[i]
		default:
			return nil
		}
	}
	if text, ok := v.(string); ok && filtered {
		name, arg, _ := strings.Cut(filter, ":")
		before, after, found := strings.Cut(text, arg)
		if name == "cut" {
			return before
		}
		if found {
			return after
		}
	}
	return v
}

// text is a value as a text: null is "", a number its digits.
func (c *converter) text(rec record, key string) (string, error) {
	switch v := c.value(rec, key).(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case float64, bool:
		b, err := json.Marshal(v)
		return string(b), err
	}
	return "", &eval.InputError{Pos: rec.pos, Msg: fmt.Sprintf("%s at %q: expected a text", key, c.m[key])}
}

// texts is a value as a list of texts; empty ones are left out.
func texts(v any) []string {
	switch v := v.(type) {
	case string:
		if v != "" {
			return []string{v}
		}
	case float64, bool:
		b, err := json.Marshal(v)
		if err == nil {
			return []string{string(b)}
		}
	case []any:
		var list []string
		for _, item := range v {
			list = append(list, texts(item)...)
		}
		return list
	}
	return nil
}

// number is a value as a number: true is 1, false 0, a text is read; nil where
// there is none.
func number(v any) *float64 {
	var n float64
	switch v := v.(type) {
	case float64:
		n = v
	case bool:
		if v {
			n = 1
		}
	case string:
		var err error
		if n, err = strconv.ParseFloat(strings.TrimSpace(v), 64); err != nil {
			return nil
		}
	default:
		return nil
	}
	return &n
}

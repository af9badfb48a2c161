package wire

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdtrue/eval"
)

var at = eval.Pos{File: "f.jsonl", Line: 3}

func TestCaseFaults(t *testing.T) {
	for _, c := range []struct{ in, want, reason string }{
		{`{"id":"a","promt":"x"}`, `unknown key "promt"; did you mean "prompt"?`, "a slip of the fingers"},
		{`{"id":"a","zzzzzzzz":"x"}`, `unknown key "zzzzzzzz"; known: comment, documents, expected`, "nothing is near"},
		{`{"id":"a","documents":[{"idd":"x"}]}`, `unknown key "idd" in documents/0; did you mean "id"?`, "below the top"},
		{`{"id":"a","prompt":3}`, `prompt: expected a string, found a number`, "wrong type"},
		{`{"id":"a","expected":7}`, `expected a string or a list of strings, found a number`, "short form, wrong type"},
		{`{"id":"a","tags":"x"}`, `expected an object of tags or a list of plain tags, found a string`, "tags"},
		{`{"id":"a","metrics":[{"a":{},"b":{}}]}`, `expected one entry {scorer: {arguments}}, found 2 keys`, "two scorers in one"},
		{`{"id":"a","metrics":[{"a":{"gate":7}}]}`, `gate of a: expected another kind of value, found 7`, "gate"},
		{`{"id":"a","id":"b"}`, `id: the key stands twice`, "duplicate"},
		{`{"id":"a",`, `not valid JSON`, "cut off"},
		{`{"id":"a"} {}`, `not valid JSON`, "trailing data"},
		{"{\"id\":\"a\",\"prompt\":\"\xff\"}", `not valid JSON`, "not UTF-8"},
		{`[]`, `expected an object, found a list`, "not an object"},
	} {
		_, err := DecodeCase([]byte(c.in), at)
		var in *eval.InputError
		if !errors.As(err, &in) || in.Pos != at || !strings.Contains(in.Msg, c.want) {
			t.Errorf("%s: %v, want %q", c.reason, err, c.want)
		}
	}
}

func TestFaultInAMultilineValueNamesItsLine(t *testing.T) {
	_, err := DecodeCase([]byte("{\n\"id\": \"a\",\n\"promt\": \"x\"\n}"), eval.Pos{File: "f.json", Line: 10})
	if err == nil || !strings.HasPrefix(err.Error(), "f.json:12: ") {
		t.Errorf("%v, want line 12", err)
	}
}

func TestOutputs(t *testing.T) {
	for _, c := range []struct{ in, want, reason string }{
		{`{"id":"a","output":"x"}`, `{"id":"a","output":"x"}`, "the least"},
		{`{"id":"a","output":null}`, `{"id":"a","output":""}`, "null is an empty answer"},
		{`{"id":"a","error":"down"}`, `{"id":"a","output":"","error":"down"}`, "a failed call"},
		{`{"id":"a","output":"x","label":1}`, `{"id":"a","output":"x","feedback":{"labels":{"label":1}}}`, "short form of a label"},
		{`{"id":"a","output":"\ud800"}`, "{\"id\":\"a\",\"output\":\"\ufffd\"}", "a lone surrogate"},
		{"{\"id\":\"a\",\"output\":\"\xff\"}", "{\"id\":\"a\",\"output\":\"\ufffd\"}", "an invalid byte"},
	} {
		o, err := DecodeOutput([]byte(c.in), at)
		if err != nil {
			t.Errorf("%s: %v", c.reason, err)
			continue
		}
		if got, err := AppendOutput(nil, &o); err != nil || string(got) != c.want {
			t.Errorf("%s: %s (%v), want %s", c.reason, got, err, c.want)
		}
	}
	for in, want := range map[string]string{
		`{"output":"x"}`:                        `an output needs an "id"`,
		`{"id":"a"}`:                            `neither "output" nor "error"`,
		`{"id":"a","output":"x","repeat":-1}`:   `repeats count from 0`,
		`{"id":"a","output":"x","repeat":1.5}`:  `repeat: expected a whole number, written in digits alone`,
		`{"id":"a","output":"x","label":1e400}`: `label: the number is out of range`,
		`{"id":"a","outputt":"x"}`:              `did you mean "output"?`,
		`{"id":"a","output":"x","usage":[]}`:    `usage: expected an object, found a list`,
		`{"id":"a","output":"x","steps":[{}]}`:  "",
	} {
		_, err := DecodeOutput([]byte(in), at)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", in, err, want)
		}
	}
}

func TestLines(t *testing.T) {
	var got []string
	for l, err := range Lines(strings.NewReader("\xef\xbb\xbfa\r\n\n  \nb\n"+strings.Repeat("x", 600<<10)+"\nlast"), "f") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, fmt.Sprintf("%d@%d:%d", l.Pos.Line, l.Offset, len(l.Data)))
	}
	want := []string{"1@3:1", "4@10:1", "5@12:614400", "6@614413:4"}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

func TestLinesEndWithTheReadersError(t *testing.T) {
	n := 0
	for _, err := range Lines(broken{}, "f") {
		n++
		if err == nil || !strings.Contains(err.Error(), "f:1: the disk is gone") {
			t.Errorf("%v", err)
		}
	}
	if n != 1 {
		t.Errorf("%d items", n)
	}
}

// TestOpenRefusesAsInput holds what is wrong with a file to be the input's
// fault, with the file's name and, in a stream, the line.
func TestOpenRefusesAsInput(t *testing.T) {
	dir := t.TempDir()
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	for i := range 5000 {
		fmt.Fprintf(z, "line %d\n", i*i)
	}
	z.Close()
	loop := filepath.Join(dir, "loop")
	if err := os.Symlink(loop, loop); err != nil {
		t.Skip(err)
	}
	file := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for path, part := range map[string]string{
		filepath.Join(dir, "none"):          "none: there is no such file",
		dir:                                 "this is a folder",
		loop:                                "loop: cannot be opened: too many levels",
		file("head.gz", zipped.Bytes()[:5]): "head.gz: the gzip data are damaged or cut short",
		file("short.gz", zipped.Bytes()[:zipped.Len()/2]):               "short.gz:",
		file("end.gz", zipped.Bytes()[:zipped.Len()-3]):                 "end.gz:5001: the gzip data are damaged or cut short",
		file("more.gz", append(bytes.Clone(zipped.Bytes()), "junk"...)): "more.gz:5001: the gzip data",
	} {
		err := func() error {
			r, err := Open(path)
			if err != nil {
				return err
			}
			defer r.Close()
			for _, err := range Lines(r, path) {
				if err != nil {
					return err
				}
			}
			return nil
		}()
		var in *eval.InputError
		if !errors.As(err, &in) || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v, want %q", path, err, part)
		}
	}
}

func FuzzCase(f *testing.F) {
	for _, s := range []string{`{"id":"a","prompt":"p","expected":"x","tags":["t"],"metrics":["exact",{"regex":{"pattern":"x","gate":false}}]}`,
		`{"id":"a","messages":[{"role":"user","content":"é"}],"expected":["x","y"],"tags":{"k":"v","l":["1","2"]}}`,
		`{"id":"a","steps":[{"tool":"t","args":{"b":1,"a":[]}}],"documents":[{"id":"d","text":"x"}]}`, `{}`, `[`, `null`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := DecodeCase(in, at)
		if err != nil {
			return
		}
		line, err := AppendCase(nil, &c)
		if err != nil {
			t.Fatalf("%s: %v", in, err)
		}
		if bytes.ContainsRune(line, '\n') {
			t.Fatalf("%q is more than a line", line)
		}
		again, err := DecodeCase(line, at)
		if err != nil || again.Hash() != c.Hash() {
			t.Fatalf("%s came back as %s (%v)", in, line, err)
		}
	})
}

func FuzzOutput(f *testing.F) {
	for _, s := range []string{`{"id":"a","output":"x"}`, `{"id":"a","output":null,"label":0.5}`, `{"id":"a","error":"e","repeat":2,"usage":{"cost_usd":1}}`,
		`{"id":"a","output":"\ud800","lineage":{"k":"v"}}`, `{"id":1}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		o, err := DecodeOutput(in, at)
		if err != nil {
			return
		}
		line, err := AppendOutput(nil, &o)
		if err != nil {
			t.Fatalf("%s: %v", in, err)
		}
		again, err := DecodeOutput(line, at)
		if err != nil || again.Text != o.Text || again.Err != o.Err || again.Repeat != o.Repeat {
			t.Fatalf("%s came back as %s (%v)", in, line, err)
		}
	})
}

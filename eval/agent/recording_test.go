package agent

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"hash/maphash"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// openText opens a recording with the given content.
func openText(t testing.TB, name, content string) (Agent, error) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
	args, _ := json.Marshal(name)
	ag, err := Open(t.Context(), eval.AgentSpec{Name: "march", Kind: "recording", Args: args,
		Pos: eval.Pos{File: "holdtrue.yaml", Line: 5}}, Options{Dir: dir})
	if err == nil {
		t.Cleanup(func() {
			if err := ag.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	return ag, err
}

func zipped(t testing.TB, content string) string {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const threeOutputs = "\xef\xbb\xbf" + `{"id":"a","output":"one","latency_ms":12.5}
{"id":"a","repeat":1,"output":"two"}` + "\r\n\n" + `{"id":"b","error":"the model was down"}`

func TestRecordingAnswers(t *testing.T) {
	plain, err := openText(t, "r.jsonl", threeOutputs)
	if err != nil {
		t.Fatal(err)
	}
	packed, err := openText(t, "r.jsonl.gz", zipped(t, threeOutputs))
	if err != nil {
		t.Fatal(err)
	}
	for _, ag := range []Agent{plain, packed} {
		if o := ask(t, ag, &eval.Case{ID: "a"}, 0); o.Text != "one" || *o.LatencyMS != 12.5 {
			t.Errorf("the recorded latency is kept: %+v", o)
		}
		if o := ask(t, ag, &eval.Case{ID: "a"}, 1); o.Text != "two" || o.LatencyMS != nil {
			t.Errorf("no latency is made up: %+v", o)
		}
		if o := ask(t, ag, &eval.Case{ID: "b"}, 0); o.Err != "the model was down" || Classify(o.Err) != Other {
			t.Errorf("a recorded failure: %+v", o)
		}
		for _, absent := range []struct {
			id     string
			repeat int
		}{{"b", 1}, {"c", 0}, {"", 0}} {
			o := ask(t, ag, &eval.Case{ID: absent.id}, absent.repeat)
			if o.Err != "the recording holds no answer to this case" || Classify(o.Err) != NoAnswer {
				t.Errorf("%v: %+v", absent, o)
			}
		}
	}
	info := plain.Info()
	if info.Repeats != 2 || !info.Recorded || !strings.HasPrefix(info.Lineage["recording"], info.Version) || len(info.Version) != len("sha256:")+12 {
		t.Errorf("info %+v", info)
	}
	if other := packed.Info(); other.Version != info.Version {
		t.Errorf("compression changed the version: %s and %s", other.Version, info.Version)
	}
}

func TestRecordingRefuses(t *testing.T) {
	for _, c := range []struct{ content, want, reason string }{
		{"", "r.jsonl: the recording holds no output", "an empty file"},
		{"\n\n", "r.jsonl: the recording holds no output", "blank lines"},
		{`{"id":"a","output":"x"}` + "\n" + `{"id":"a","output":"y"}`, `r.jsonl:2: a second output for "a", repeat 0; the first is on line 1`, "a duplicate names both places"},
		{`{"id":"a","output":"x","latency_m":3}`, `r.jsonl:1: unknown key "latency_m"; did you mean "latency_ms"?`, "unknown keys"},
		{`{"output":"x"}`, `r.jsonl:1: an output needs an "id"`, "no id"},
		{`{"id":"a"}`, `r.jsonl:1: the output for "a" has neither "output" nor "error"`, "nothing said"},
		{`{"id":"a","output":"x","repeat":1000000000}`, `r.jsonl:1: repeat is 1000000000; a recording holds at most 10000 answers to a case`, "a stray number"},
		{`{"id":"a","output":"x","repeat":-1}`, `r.jsonl:1: repeat is -1`, "below 0"},
		{"not json\n" + `{"id":"a","output":3}`, "r.jsonl:1: not valid JSON", "the first of two faults"},
		{"not json\n" + `{"id":"a","output":3}`, "r.jsonl:2: output: expected a string, found a number", "the second of two faults"},
	} {
		_, err := openText(t, "r.jsonl", c.content)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.reason, err, c.want)
		}
		if lines, _ := eval.InputErrors(err); len(lines) == 0 {
			t.Errorf("%s: not an input error", c.reason)
		}
	}
	whole := zipped(t, threeOutputs)
	if _, err := openText(t, "r.jsonl.gz", whole[:len(whole)-6]); err == nil || !strings.Contains(err.Error(), "r.jsonl.gz:") {
		t.Errorf("a gzip file that was cut off: %v", err)
	}
}

func TestRecordingErrorsAreCapped(t *testing.T) {
	_, err := openText(t, "r.jsonl", strings.Repeat("{}\n", 5000))
	lines, _ := eval.InputErrors(err)
	if len(lines) != maxErrors+1 || !strings.HasSuffix(lines[maxErrors], ":100: 100 errors are listed; reading stopped here") {
		t.Errorf("%d errors, the last %q", len(lines), lines[len(lines)-1])
	}
}

func TestRecordingPath(t *testing.T) {
	for _, c := range []struct{ args, want, reason string }{
		{`"absent.jsonl"`, "absent.jsonl does not exist", "no such file"},
		{`"."`, "is not a file", "a folder"},
		{`""`, "expected the path of a file", "no path"},
		{`{"file":"x"}`, `unknown key "file"; known: path`, "a slip"},
		{`["x"]`, "expected", "a list"},
	} {
		_, err := Open(t.Context(), eval.AgentSpec{Name: "march", Kind: "recording", Args: json.RawMessage(c.args),
			Pos: eval.Pos{File: "holdtrue.yaml", Line: 5}}, Options{Dir: t.TempDir()})
		if err == nil || !strings.HasPrefix(err.Error(), "holdtrue.yaml:5: agent march: recording") || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.reason, err, c.want)
		}
	}
	path := writeRecording(t, 3, 300)
	args, _ := json.Marshal(map[string]string{"path": path})
	ag, err := Open(t.Context(), eval.AgentSpec{Args: args, Kind: "recording"}, Options{Dir: "elsewhere"})
	if err != nil {
		t.Fatalf("an absolute path in an object: %v", err)
	}
	if err := ag.Close(); err != nil {
		t.Error(err)
	}
}

func TestRecordingChangedWhileReplayed(t *testing.T) {
	for reason, change := range map[string]func(path string) error{
		"cut off": func(path string) error { return os.Truncate(path, 20) },
		"an answer edited": func(path string) error {
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			return os.WriteFile(path, bytes.Replace(b, []byte(`"output":"0 the`), []byte(`"output":"0 one`), 1), 0o666)
		},
	} {
		path := writeRecording(t, 3, 300)
		ag, err := Open(t.Context(), recordingSpec(path), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := change(path); err != nil {
			t.Fatal(err)
		}
		if _, err := ag.Ask(t.Context(), &eval.Case{ID: "case-000000"}, 0); !errors.Is(err, errChanged) || !strings.HasPrefix(err.Error(), path+":1: ") {
			t.Errorf("%s: %v", reason, err)
		}
		if err := ag.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestRecordingClashes forces records onto one hash: they must be told apart,
// and duplicates among them still be found.
func TestRecordingClashes(t *testing.T) {
	content := `{"id":"a","output":"1"}` + "\n" + `{"id":"b","output":"2"}` + "\n" + `{"id":"b","output":"3"}` + "\n"
	back := strings.NewReader(content)
	x := &index{seed: maphash.MakeSeed(), places: map[uint64]place{}, clashes: map[key]place{}}
	var errs []error
	for line, err := range wire.Lines(strings.NewReader(content), "r.jsonl") {
		if err != nil {
			t.Fatal(err)
		}
		o, err := wire.DecodeOutput(line.Data, line.Pos)
		if err != nil {
			t.Fatal(err)
		}
		if first, ok := x.places[x.hash("a", 0)]; ok { // whatever comes after the first has its hash
			x.places[x.hash(o.CaseID, o.Repeat)] = first
		}
		errs = append(errs, x.add(line, "r.jsonl", back))
	}
	if len(x.clashes) != 1 {
		t.Fatalf("%d clashes were made, want 1", len(x.clashes))
	}
	if errs[0] != nil || errs[1] != nil || errs[2] == nil || !strings.Contains(errs[2].Error(), "the first is on line 2") {
		t.Errorf("errors %v", errs)
	}
	for id, want := range map[string]string{"a": "1", "b": "2"} {
		if o, found, err := x.find(back, "r.jsonl", id, 0); err != nil || !found || o.Text != want {
			t.Errorf("%s: %+v %v %v", id, o, found, err)
		}
	}
}

// TestIndexIsSmall: only the place of a record stays in memory.
func TestIndexIsSmall(t *testing.T) {
	const n = 50_000
	path := writeRecording(t, n, 300)
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	ag, err := Open(t.Context(), recordingSpec(path), Options{})
	if err != nil {
		t.Fatal(err)
	}
	each := float64(heap()-before) / n
	if each > 100 {
		t.Errorf("the index takes %.0f bytes a record, at most 100 are allowed", each)
	}
	t.Logf("%.0f bytes a record", each)
	if err := ag.Close(); err != nil {
		t.Error(err)
	}
}

// TestRecordingConcurrent reads records in random order from several goroutines.
func TestRecordingConcurrent(t *testing.T) {
	const n = 500
	ag, err := Open(t.Context(), recordingSpec(writeRecording(t, n, 400)), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer ag.Close()
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for _, i := range rand.New(rand.NewPCG(uint64(g), 1)).Perm(n) {
				o, err := ag.Ask(t.Context(), &eval.Case{ID: fmt.Sprintf("case-%06d", i)}, 0)
				if err != nil || !strings.HasPrefix(o.Text, fmt.Sprintf("%d ", i)) {
					t.Errorf("case %d: %.40s %v", i, o.Text, err)
				}
			}
		})
	}
	wg.Wait()
}

// TestRecordingGivesBackWhatWasWritten: write outputs, open the file, ask for
// each: it is the one that was written.
func TestRecordingGivesBackWhatWasWritten(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		keys := rapid.SliceOfNDistinct(rapid.Custom(func(rt *rapid.T) key {
			return key{rapid.StringN(1, 6, 24).Draw(rt, "id"), rapid.IntRange(0, 3).Draw(rt, "repeat")}
		}), 1, 20, rapid.ID[key]).Draw(rt, "keys")
		var file []byte
		texts := map[key]string{}
		for _, k := range keys {
			texts[k] = rapid.String().Draw(rt, "text")
			var err error
			if file, err = wire.AppendOutput(file, &eval.Output{CaseID: k.id, Repeat: k.repeat, Text: texts[k]}); err != nil {
				rt.Fatal(err)
			}
			file = append(file, '\n')
		}
		back := bytes.NewReader(file)
		x, err := readIndex(t.Context(), bytes.NewReader(file), "r.jsonl", back)
		if err != nil {
			rt.Fatal(err)
		}
		repeats := slices.MaxFunc(keys, func(a, b key) int { return a.repeat - b.repeat }).repeat + 1
		if x.size != len(keys) || x.repeats != repeats {
			rt.Fatalf("%d records, %d repeats; want %d and %d", x.size, x.repeats, len(keys), repeats)
		}
		for k, text := range texts {
			if o, found, err := x.find(back, "r.jsonl", k.id, k.repeat); err != nil || !found || o.Text != text {
				rt.Fatalf("%+v: %q %v %v, want %q", k, o.Text, found, err, text)
			}
		}
	})
}

// FuzzRecording: whatever the file holds, reading ends, and every record that
// was taken in can be found again.
func FuzzRecording(f *testing.F) {
	for _, seed := range []string{threeOutputs, "", "{}", `{"id":"a","output":null}`, `{"id":"\ud800","output":"\ud800"}`,
		`{"id":"a","output":"x"}` + "\n" + `{"id":"a","output":"x"}`, "\xff\xfe", strings.Repeat(`{"id":"a","output":"`, 9)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		back := bytes.NewReader(file)
		x, err := readIndex(t.Context(), bytes.NewReader(file), "r.jsonl", back)
		if err != nil {
			return
		}
		found := 0
		for line, err := range wire.Lines(bytes.NewReader(file), "r.jsonl") {
			if err != nil {
				t.Fatal(err)
			}
			want, err := wire.DecodeOutput(line.Data, line.Pos)
			if err != nil {
				t.Fatalf("the index took in a line that is wrong: %v", err)
			}
			o, ok, err := x.find(back, "r.jsonl", want.CaseID, want.Repeat)
			if err != nil || !ok || o.Text != want.Text {
				t.Fatalf("line %d is not found again: %v %v", line.Pos.Line, ok, err)
			}
			found++
		}
		if found != x.size {
			t.Fatalf("%d records in the file, %d in the index", found, x.size)
		}
	})
}

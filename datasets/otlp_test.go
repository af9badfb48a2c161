package datasets

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// otlpFixtures are traces in each convention; recording.jsonl is what becomes of
// them.
func otlpFixtures(t testing.TB) []string {
	t.Helper()
	dir := filepath.Join("testdata", "otlp")
	var files []string
	for _, name := range []string{"genai.json", "old.jsonl", "old-logs.jsonl", "openinference.jsonl", "odd.jsonl"} {
		files = append(files, filepath.Join(dir, name))
	}
	return files
}

func ingested(t *testing.T, files ...string) (string, Ingested) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "recording.jsonl")
	n, err := Ingest(t.Context(), files, out, IngestOptions{CaseAttributes: DefaultCaseAttributes()})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(data), n
}

func TestIngestReadsEveryConvention(t *testing.T) {
	got, n := ingested(t, otlpFixtures(t)...)
	want := Ingested{Spans: 21, Logs: 3, Traces: 9, Outputs: 8, Cases: 8, NoModel: 1, Wordless: 1, OpenMost: 7}
	if diff := cmp.Diff(want, n); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	golden := filepath.Join("testdata", "otlp", "recording.jsonl")
	if os.Getenv("UPDATE_GOLDEN") != "" {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	wanted, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(wanted), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("recording (-want +got):\n%s", diff)
	}
}

// exports are the fixtures as the official types, one message for each export.
func exports(t testing.TB, files []string) (traces []*tracepb.TracesData, all []proto.Message) {
	t.Helper()
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for d := json.NewDecoder(bytes.NewReader(data)); d.More(); {
			var raw json.RawMessage
			if err := d.Decode(&raw); err != nil {
				t.Fatal(err)
			}
			var m proto.Message = &tracepb.TracesData{}
			if bytes.Contains(raw, []byte("resourceLogs")) {
				m = &logspb.LogsData{}
			}
			if err := protojson.Unmarshal(raw, m); err != nil {
				t.Fatal(err)
			}
			binaryIDs(t, m)
			if td, ok := m.(*tracepb.TracesData); ok {
				traces = append(traces, td)
			}
			all = append(all, m)
		}
	}
	if len(traces) < 5 || len(all) == len(traces) {
		t.Fatalf("%d exports, %d of traces", len(all), len(traces))
	}
	return traces, all
}

// binaryIDs replaces ids that were read as base 64 of hexadecimal digits.
func binaryIDs(t testing.TB, m proto.Message) {
	t.Helper()
	fix := func(id *[]byte, n int) {
		if len(*id) == 0 {
			return
		}
		b, err := readID(*id, n)
		if err != nil {
			t.Fatal(err)
		}
		*id = b
	}
	switch m := m.(type) {
	case *tracepb.TracesData:
		for _, r := range m.ResourceSpans {
			for _, s := range r.ScopeSpans {
				for _, s := range s.Spans {
					fix(&s.TraceId, 16)
					fix(&s.SpanId, 8)
					fix(&s.ParentSpanId, 8)
				}
			}
		}
	case *logspb.LogsData:
		for _, r := range m.ResourceLogs {
			for _, s := range r.ScopeLogs {
				for _, l := range s.LogRecords {
					fix(&l.TraceId, 16)
					fix(&l.SpanId, 8)
				}
			}
		}
	}
}

// encodings writes the messages in every form that is read.
func encodings(t testing.TB, all []proto.Message) map[string][]byte {
	t.Helper()
	forms := map[string][]byte{}
	var whole, varint, fixed, mapped []byte
	for _, m := range all {
		b, err := proto.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		whole = append(whole, b...) // repeated fields: one message after the other is one message
		varint = protowire.AppendBytes(varint, b)
		fixed = append(binary.BigEndian.AppendUint32(fixed, uint32(len(b))), b...)
		if b, err = protojson.Marshal(m); err != nil {
			t.Fatal(err)
		}
		mapped = append(append(mapped, b...), '\n')
	}
	forms["whole.pb"], forms["varint.pb"], forms["fixed.pb"], forms["mapped.json"] = whole, varint, fixed, mapped
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write(fixed)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	forms["fixed.pb.gz"] = z.Bytes()
	return forms
}

// TestIngestReadsEveryEncoding holds protobuf in its three framings, compressed
// too, and the official JSON mapping to what OTLP JSON gives. The messages are
// written by the official library.
func TestIngestReadsEveryEncoding(t *testing.T) {
	want, counts := ingested(t, otlpFixtures(t)...)
	_, all := exports(t, otlpFixtures(t))
	for name, data := range encodings(t, all) {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), name)
			if err := os.WriteFile(file, data, 0o644); err != nil {
				t.Fatal(err)
			}
			got, n := ingested(t, file)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("recording (-want +got):\n%s", diff)
			}
			if n != counts {
				t.Errorf("%+v, want %+v", n, counts)
			}
		})
	}
}

// chatSpan is a span of one exchange, as JSON.
func chatSpan(trace, id int, parent string, question, answer string) string {
	return fmt.Sprintf(`{"traceId":"%032x","spanId":"%016x","parentSpanId":%q,"name":"chat m","startTimeUnixNano":"%d","endTimeUnixNano":"%d","attributes":[`+
		`{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}},{"key":"gen_ai.prompt","value":{"stringValue":%q}},{"key":"gen_ai.completion","value":{"stringValue":%q}}]}`,
		trace, id, parent, 1000+id, 2000+id, question, answer)
}

func exportOf(spans ...string) string {
	return `{"resourceSpans":[{"scopeSpans":[{"spans":[` + strings.Join(spans, ",") + `]}]}]}` + "\n"
}

// TestIngestForgetsTraces holds memory to the traces that are open at a time.
func TestIngestForgetsTraces(t *testing.T) {
	const traces = 500
	var orderly, spread strings.Builder
	for i := 1; i <= traces; i++ {
		orderly.WriteString(exportOf(chatSpan(i, 2*i, "", "q", "a"), chatSpan(i, 2*i+1, "", "q", "a")))
	}
	for half := range 2 {
		for i := 1; i <= traces; i++ {
			spread.WriteString(exportOf(chatSpan(i, 2*i+half, "", "q", "a")))
		}
	}
	var recordings []string
	for _, c := range []struct {
		reason string
		text   string
		most   int
	}{
		{"a trace that has ended is forgotten", orderly.String(), 2},
		{"traces that are spread over the file stay open, each until its last span", spread.String(), traces + 1},
	} {
		file := filepath.Join(t.TempDir(), "t.jsonl")
		if err := os.WriteFile(file, []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		got, n := ingested(t, file)
		if n.OpenMost != c.most || n.Outputs != traces {
			t.Errorf("%s: %+v, want %d outputs and %d at once", c.reason, n, traces, c.most)
		}
		recordings = append(recordings, got)
	}
	file := filepath.Join(t.TempDir(), "t.jsonl")
	if err := os.WriteFile(file, []byte(spread.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "r.jsonl")
	size := len(chatSpan(1, 20, "", "q", "a")) // of a span
	_, err := Ingest(t.Context(), []string{file}, out, IngestOptions{MaxOpen: 30 * size})
	if err == nil || !strings.Contains(err.Error(), "t.jsonl:31: 31 traces that are not complete yet hold more than") {
		t.Errorf("traces over the bound: %v", err)
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a recording in spite of the error")
	}
	if recordings[0] != recordings[1] {
		t.Error("the order of the spans changed the recording")
	}
}

func TestIngestRepeatsAndTrees(t *testing.T) {
	id := func(name string) string {
		return `{"key":"` + name + `","value":{"stringValue":"case-7"}}`
	}
	named := func(span string) string {
		return strings.Replace(span, `"attributes":[`, `"attributes":[`+id("ticket")+`,`, 1)
	}
	file := filepath.Join(t.TempDir(), "t.jsonl")
	text := exportOf(named(chatSpan(1, 1, "", "q", "first"))) + exportOf(named(chatSpan(2, 2, "", "q", "second"))) +
		// A span twice, and a circle of parents.
		exportOf(chatSpan(3, 3, "0000000000000004", "q", "x"), chatSpan(3, 4, "0000000000000003", "q", "y"), chatSpan(3, 3, "0000000000000004", "q", "x"))
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "r.jsonl")
	n, err := Ingest(t.Context(), []string{file}, out, IngestOptions{CaseAttributes: []string{"ticket"}})
	if err != nil {
		t.Fatal(err)
	}
	outputs := readRecording(t, out)
	if n.Cases != 2 || len(outputs) < 2 || outputs[0].CaseID != "case-7" || outputs[0].Repeat != 0 || outputs[1].Repeat != 1 || outputs[1].Text != "second" {
		t.Errorf("%+v %+v", n, outputs)
	}
}

func readRecording(t *testing.T, path string) []eval.Output {
	t.Helper()
	f, err := wire.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var outputs []eval.Output
	for line, err := range wire.Lines(f, path) {
		if err != nil {
			t.Fatal(err)
		}
		o, err := wire.DecodeOutput(line.Data, line.Pos)
		if err != nil {
			t.Fatal(err)
		}
		outputs = append(outputs, o)
	}
	return outputs
}

func TestIngestNamesTheFault(t *testing.T) {
	good := chatSpan(1, 1, "", "q", "a")
	deep := strings.Repeat(`{"arrayValue":{"values":[`, 11_000) + strings.Repeat(`]}}`, 11_000)
	for _, c := range []struct{ name, text, want string }{
		{"cut.jsonl", exportOf(good) + exportOf(good)[:90], "cut.jsonl:2: not valid JSON"},
		{"word.jsonl", exportOf(good) + "\n\nnope", "word.jsonl:4: not valid JSON"},
		{"id.jsonl", exportOf(good) + exportOf(strings.Replace(good, "0000000000000000000000000000000", "zz", 1)), `id.jsonl:2: span "chat m": trace id: expected 16 bytes`},
		{"zero.jsonl", exportOf(chatSpan(0, 1, "", "q", "a")), `zero.jsonl:1: span "chat m": trace id: it is all zeroes`},
		{"kind.jsonl", exportOf(good) + "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[\n{\"traceId\":7}]}]}]}", "kind.jsonl:3: not a span of OTLP"},
		{"shape.json", `{"resourceSpans":{"scopeSpans":[]}}`, "shape.json:1: expected a list"},
		{"utf8.jsonl", exportOf(good) + exportOf(strings.Replace(good, `"q"`, "\"\xff\"", 1)), "utf8.jsonl:2: not valid JSON"},
		{"deep.jsonl", exportOf(good) + exportOf(strings.Replace(good, `{"stringValue":"q"}`, deep, 1)), "deep.jsonl:2: not"},
		{"empty.json", " \n", "empty.json: the file is empty"},
		{"none.json", `{"resourceMetrics":[]}`, "none.json: no span was found"},
		{"text.txt", "Dear all,", "text.txt: this is neither OTLP JSON nor OTLP protobuf"},
		{"pb.bin", "\x00\x00\x00\x10\x0a\x7f", "pb.bin: not OTLP protobuf at byte 1: the file is cut short"},
		{"huge.bin", "\x04\xff\xff\xff\x0a\x7f", "huge.bin: not OTLP protobuf at byte 1: a message says it has 83886079 bytes"},
		{"plain.jsonl", exportOf(`{"traceId":"` + strings.Repeat("1", 32) + `","spanId":"` + strings.Repeat("1", 16) + `","name":"GET /"}`), "none of 1 traces calls a model or an agent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			t.Chdir(dir)
			if err := os.WriteFile(c.name, []byte(c.text), 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := Ingest(t.Context(), []string{c.name}, "r.jsonl", IngestOptions{CaseAttributes: DefaultCaseAttributes()})
			var in *eval.InputError
			if err == nil || !strings.Contains(err.Error(), c.want) || !errors.As(err, &in) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			left, err := filepath.Glob("*")
			if err != nil || len(left) != 1 {
				t.Errorf("left behind: %v %v", left, err)
			}
		})
	}
}

// FuzzIngest holds every reader of OTLP to its word: it ends, an error of the
// input says in which file, nothing is left behind, and a recording that was
// written can be read.
func FuzzIngest(f *testing.F) {
	files := otlpFixtures(f)
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	_, all := exports(f, files)
	for _, m := range all {
		for _, data := range encodings(f, []proto.Message{m}) {
			f.Add(data)
		}
	}
	for _, seed := range []string{"", "\n{", "[", "{}", "\x0a\x00", "\x00\x00\x00\x00", `[{"resourceSpans":null}]`} {
		f.Add([]byte(seed))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, data []byte) {
		in, out := filepath.Join(dir, "in"), filepath.Join(dir, "out")
		if err := os.WriteFile(in, data, 0o644); err != nil {
			t.Fatal(err)
		}
		n, err := Ingest(t.Context(), []string{in}, out, IngestOptions{CaseAttributes: DefaultCaseAttributes(), Force: true})
		if err != nil {
			lines, _ := eval.InputErrors(err)
			for _, line := range lines {
				if !strings.Contains(line, in) && !strings.HasPrefix(line, "and ") {
					t.Errorf("an error without a place: %s", line)
				}
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("a recording in spite of the error")
			}
			return
		}
		if got := len(readRecording(t, out)); got != n.Outputs || got == 0 {
			t.Errorf("%d outputs, %d in the recording", n.Outputs, got)
		}
		os.Remove(out)
	})
}

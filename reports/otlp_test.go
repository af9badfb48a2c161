package reports

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"iter"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"holdtrue/eval"
)

func resultsOf(list []eval.Result, err error) iter.Seq2[eval.Result, error] {
	return func(yield func(eval.Result, error) bool) {
		for _, r := range list {
			if !yield(r, nil) {
				return
			}
		}
		if err != nil {
			yield(eval.Result{}, err)
		}
	}
}

func otlpRun() eval.Run {
	return eval.Run{ID: "run0000001", Suite: "s", SuiteHash: "h", Agent: "bot", Version: "1.4", Started: time.Unix(1, 0).UTC(), Finished: time.Unix(1772323200, 5).UTC(),
		Cases: 2, Repeats: 1, Metrics: []eval.Metric{
			{Name: "exact", Scorer: "exact", Version: "1", Scale: eval.Binary, Better: eval.Higher},
			{Name: "refusal", Scorer: "refusal", Version: "2", Scale: eval.Binary, Better: eval.Lower},
			{Name: "rouge-l", Scorer: "rouge-l", Version: "1", Scale: eval.Unit, Better: eval.Higher},
			{Name: "length", Scorer: "length", Version: "1", Scale: eval.Measure, Standard: true},
		}}
}

// TestOTLPIsReadByTheOfficialMapping reads what is written with the protobuf
// library's own JSON mapping, which refuses unknown names. It takes the ids, in
// hexadecimal digits as OTLP has them, for base 64.
func TestOTLPIsReadByTheOfficialMapping(t *testing.T) {
	const traceID, spanID = "0af7651916cd43dd8448eb211c80319c", "00f067aa0ba902b7"
	results := []eval.Result{
		{Output: eval.Output{CaseID: "a", TraceID: traceID, SpanID: spanID, ResponseID: "resp-1", Session: "conv"}, Scores: []eval.Score{
			{Metric: "exact", Status: eval.Scored, Value: 0, Reason: "wanted <b> & got \"\xff\""},
			{Metric: "refusal", Status: eval.Scored, Value: 0},
			{Metric: "rouge-l", Status: eval.Scored, Value: 0.25},
			{Metric: "length", Status: eval.Scored, Value: 12}}},
		{Output: eval.Output{CaseID: "b", Repeat: 1, TraceID: "not an id", Err: "down"}, Scores: []eval.Score{
			{Metric: "exact", Status: eval.Missing, Reason: "the call failed"},
			{Metric: "refusal", Status: eval.Skipped},
			{Metric: "rouge-l", Status: eval.Failed, Reason: "no idea"}}},
	}
	var b bytes.Buffer
	if err := OTLP(&b, otlpRun(), resultsOf(results, nil), "0.1"); err != nil {
		t.Fatal(err)
	}
	var logs logspb.LogsData
	if err := protojson.Unmarshal(b.Bytes(), &logs); err != nil {
		t.Fatal(err)
	}
	if b.Bytes()[b.Len()-1] != '\n' || bytes.Count(b.Bytes(), []byte("\n")) != 1 {
		t.Errorf("expected one line:\n%s", &b)
	}
	var got []string
	for _, r := range logs.ResourceLogs[0].ScopeLogs[0].LogRecords {
		if r.EventName != "gen_ai.evaluation.result" || r.TimeUnixNano != 1772323200000000005 {
			t.Errorf("event %q at %d", r.EventName, r.TimeUnixNano)
		}
		line := []string{base64.StdEncoding.EncodeToString(r.TraceId), base64.StdEncoding.EncodeToString(r.SpanId)}
		for _, a := range r.Attributes {
			if key, ok := strings.CutPrefix(a.Key, "gen_ai."); ok || a.Key == "error.type" || a.Key == "holdtrue.case.id" || a.Key == "holdtrue.repeat" {
				line = append(line, key+"="+otlpShown(a.Value))
			}
		}
		got = append(got, strings.Join(line, " "))
	}
	in := traceID + " " + spanID + " evaluation.name="
	end := ` response.id="resp-1" conversation.id="conv" holdtrue.case.id="a" holdtrue.repeat=0`
	endB := ` holdtrue.case.id="b" holdtrue.repeat=1`
	want := []string{
		in + `"exact" evaluation.score.value=0 evaluation.score.label="fail" evaluation.explanation="wanted <b> & got \"�\""` + end,
		in + `"refusal" evaluation.score.value=0 evaluation.score.label="pass"` + end,
		in + `"rouge-l" evaluation.score.value=0.25` + end,
		`  evaluation.name="exact" error.type="no_answer" evaluation.explanation="the call failed"` + endB,
		`  evaluation.name="rouge-l" error.type="scorer_failed" evaluation.explanation="no idea"` + endB,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	if _, err := hex.DecodeString(base64.StdEncoding.EncodeToString(logs.ResourceLogs[0].ScopeLogs[0].LogRecords[0].TraceId)); err != nil {
		t.Errorf("trace id: %v", err)
	}
}

// otlpShown writes a value; that of the library's own String varies.
func otlpShown(v *commonpb.AnyValue) string {
	switch v := v.GetValue().(type) {
	case *commonpb.AnyValue_StringValue:
		return strconv.Quote(v.StringValue)
	case *commonpb.AnyValue_IntValue:
		return strconv.FormatInt(v.IntValue, 10)
	case *commonpb.AnyValue_DoubleValue:
		return strconv.FormatFloat(v.DoubleValue, 'g', -1, 64)
	}
	return "?"
}

// TestOTLPBoundsItsLines divides many outputs into lines, each whole by itself.
func TestOTLPBoundsItsLines(t *testing.T) {
	var many []eval.Result
	for range 2*otlpResults + 1 {
		many = append(many, eval.Result{Output: eval.Output{CaseID: "a"}, Scores: []eval.Score{{Metric: "rouge-l", Status: eval.Scored, Value: 1}}})
	}
	var b bytes.Buffer
	if err := OTLP(&b, otlpRun(), resultsOf(many, nil), ""); err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(b.Bytes()), []byte("\n"))
	if len(lines) != 3 {
		t.Fatalf("%d lines", len(lines))
	}
	n := 0
	for _, line := range lines {
		var logs logspb.LogsData
		if err := protojson.Unmarshal(line, &logs); err != nil {
			t.Fatal(err)
		}
		n += len(logs.ResourceLogs[0].ScopeLogs[0].LogRecords)
	}
	if n != len(many) {
		t.Errorf("%d events of %d", n, len(many))
	}
	if err := OTLP(&b, otlpRun(), resultsOf(many, errors.New("damaged")), ""); err == nil {
		t.Error("the error of the store is lost")
	}
}

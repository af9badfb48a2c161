package reports

import (
	"bytes"
	"encoding/json"
	"io"
	"iter"
	"strconv"

	"holdtrue/eval"
)

// otlpResults is how many outputs stand in one line of OTLP.
const otlpResults = 100

// The OTLP JSON mapping of logs, as far as it is used here: numbers of 64 bits
// are texts, ids are hexadecimal digits.
// Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
type (
	otlpLogs struct {
		ResourceLogs []otlpResourceLogs `json:"resourceLogs"`
	}
	otlpResourceLogs struct {
		Resource  otlpResource    `json:"resource"`
		ScopeLogs []otlpScopeLogs `json:"scopeLogs"`
	}
	otlpResource struct {
		Attributes []otlpAttribute `json:"attributes"`
	}
	otlpScopeLogs struct {
		Scope      otlpScope    `json:"scope"`
		LogRecords []otlpRecord `json:"logRecords"`
	}
	otlpScope struct {
		Name    string `json:"name"`
		Version string `json:"version,omitzero"`
	}
	otlpRecord struct {
		Time       string          `json:"timeUnixNano"`
		Observed   string          `json:"observedTimeUnixNano"`
		Event      string          `json:"eventName"`
		Attributes []otlpAttribute `json:"attributes"`
		TraceID    string          `json:"traceId,omitzero"`
		SpanID     string          `json:"spanId,omitzero"`
	}
	otlpAttribute struct {
		Key   string    `json:"key"`
		Value otlpValue `json:"value"`
	}
	otlpValue struct {
		Text   *string  `json:"stringValue,omitzero"`
		Whole  *string  `json:"intValue,omitzero"`
		Double *float64 `json:"doubleValue,omitzero"`
	}
)

func otlpText(key, value string) otlpAttribute { return otlpAttribute{key, otlpValue{Text: &value}} }
func otlpNumber(key string, value float64) otlpAttribute {
	return otlpAttribute{key, otlpValue{Double: &value}}
}
func otlpWhole(key string, value int) otlpAttribute {
	text := strconv.Itoa(value)
	return otlpAttribute{key, otlpValue{Whole: &text}}
}

// OTLP writes the scores of a run as events gen_ai.evaluation.result of the GenAI
// semantic conventions (v1.41): OTLP JSON, one export of logs a line, as the
// collector's file exporter writes it. Each event is a child of the evaluated
// span where the output was read from a trace, and names run, case and repeat in
// any case. A metric that does not apply gives no event, and so do the standard
// measures, which judge nothing. program names the version that writes.
func OTLP(w io.Writer, run eval.Run, results iter.Seq2[eval.Result, error], program string) error {
	at := run.Finished
	if at.IsZero() {
		at = run.Started
	}
	o := otlpWriter{w: w, run: run, time: strconv.FormatInt(at.UnixNano(), 10), program: program}
	n := 0
	for r, err := range results {
		if err != nil {
			return err
		}
		o.add(&r)
		if n++; n%otlpResults == 0 {
			if err := o.flush(); err != nil {
				return err
			}
		}
	}
	return o.flush()
}

type otlpWriter struct {
	w             io.Writer
	run           eval.Run
	time, program string
	records       []otlpRecord
}

func (o *otlpWriter) add(r *eval.Result) {
	out := &r.Output
	for _, s := range r.Scores {
		m, ok := o.run.Metric(s.Metric)
		if !ok || m.Standard || s.Status == eval.Skipped {
			continue
		}
		attrs := []otlpAttribute{otlpText("gen_ai.evaluation.name", s.Metric)}
		switch s.Status {
		case eval.Scored:
			attrs = append(attrs, otlpNumber("gen_ai.evaluation.score.value", s.Value))
			if m.Scale == eval.Binary {
				label := "pass"
				if (s.Value == 1) == (m.Better == eval.Lower) {
					label = "fail"
				}
				attrs = append(attrs, otlpText("gen_ai.evaluation.score.label", label))
			}
		case eval.Missing:
			attrs = append(attrs, otlpText("error.type", "no_answer"))
		default:
			attrs = append(attrs, otlpText("error.type", "scorer_failed"))
		}
		if s.Reason != "" {
			attrs = append(attrs, otlpText("gen_ai.evaluation.explanation", s.Reason))
		}
		if out.ResponseID != "" {
			attrs = append(attrs, otlpText("gen_ai.response.id", out.ResponseID))
		}
		if out.Session != "" {
			attrs = append(attrs, otlpText("gen_ai.conversation.id", out.Session))
		}
		attrs = append(attrs, otlpText("holdtrue.run.id", o.run.ID), otlpText("holdtrue.case.id", out.CaseID), otlpWhole("holdtrue.repeat", out.Repeat),
			otlpText("holdtrue.scorer", m.Scorer), otlpText("holdtrue.scorer.version", m.Version))
		rec := otlpRecord{Time: o.time, Observed: o.time, Event: "gen_ai.evaluation.result", Attributes: attrs}
		if otlpID(out.TraceID, 32) {
			rec.TraceID = out.TraceID
			if otlpID(out.SpanID, 16) {
				rec.SpanID = out.SpanID
			}
		}
		o.records = append(o.records, rec)
	}
}

// otlpID tells an id that OTLP can hold: n hexadecimal digits, not all zeroes.
func otlpID(id string, n int) bool {
	zero := true
	for _, c := range []byte(id) {
		if !(c >= '0' && c <= '9' || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F') {
			return false
		}
		zero = zero && c == '0'
	}
	return len(id) == n && !zero
}

func (o *otlpWriter) flush() error {
	if len(o.records) == 0 {
		return nil
	}
	about := []otlpAttribute{otlpText("service.name", "holdtrue"), otlpText("service.version", o.program), otlpText("gen_ai.agent.name", o.run.Agent)}
	if o.run.Version != "" {
		about = append(about, otlpText("gen_ai.agent.version", o.run.Version))
	}
	about = append(about, otlpText("holdtrue.suite", o.run.Suite), otlpText("holdtrue.suite.hash", o.run.SuiteHash))
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(otlpLogs{[]otlpResourceLogs{{otlpResource{about}, []otlpScopeLogs{{otlpScope{"holdtrue", o.program}, o.records}}}}}); err != nil {
		return err
	}
	o.records = o.records[:0]
	return flush(o.w, &b)
}

package datasets

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdtrue/eval"
)

// TestReadMessages has messages in the forms that instrumentations write.
func TestReadMessages(t *testing.T) {
	call := []toolCall{{id: "c1", name: "get", args: []byte(`{"a":1}`)}}
	for _, c := range []struct {
		reason string
		in     any
		want   []chatMessage
	}{
		{"GenAI: parts", `[{"role":"user","parts":[{"type":"text","content":"a"},{"type":"blob","modality":"image"},{"type":"text","content":"b"}]}]`,
			[]chatMessage{{role: "user", text: "a\n[blob]\nb"}}},
		{"GenAI: a call, its result, and thoughts that are nobody's business", `[{"role":"assistant","parts":[{"type":"reasoning","content":"hm"},{"type":"tool_call","id":"c1","name":"get","arguments":{"a":1}}],"finish_reason":"tool_call"},{"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":{"b":2}}]}]`,
			[]chatMessage{{role: "assistant", calls: call, finish: "tool_call"}, {role: "tool", results: []toolCall{{id: "c1", result: []byte(`{"b":2}`)}}}}},
		{"OpenAI: content, arguments as text, tool_call_id", `[{"role":"developer","content":"be brief"},{"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"get","arguments":"{\"a\":1}"}}]},{"role":"tool","tool_call_id":"c1","content":"two"}]`,
			[]chatMessage{{role: "system", text: "be brief"}, {role: "assistant", calls: call}, {role: "tool", text: "two", results: []toolCall{{id: "c1", result: []byte(`"two"`)}}}}},
		{"Anthropic: content blocks", `[{"role":"assistant","content":[{"type":"text","text":"look"},{"type":"tool_use","id":"c1","name":"get","input":{"a":1}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":"2"}]}]`,
			[]chatMessage{{role: "assistant", text: "look", calls: call}, {role: "user", results: []toolCall{{id: "c1", result: []byte(`"2"`)}}}}},
		{"OpenInference: contents by number", map[string]any{"0": map[string]any{"message": map[string]any{"role": "user", "contents": map[string]any{
			"1": map[string]any{"message_content": map[string]any{"type": "text", "text": "b"}}, "0": map[string]any{"message_content": map[string]any{"type": "text", "text": "a"}}}}}},
			[]chatMessage{{role: "user", text: "a\nb"}}},
		{"a list as a value", []any{map[string]any{"role": "human", "content": "hi"}}, []chatMessage{{role: "user", text: "hi"}}},
		{"an object around them", `{"messages":[{"role":"user","content":"hi"}]}`, []chatMessage{{role: "user", text: "hi"}}},
		{"a chain's input", `{"question":"why?","top_k":3}`, []chatMessage{{role: "user", text: "why?"}}},
		{"an object of no known form stays whole", `{"order":7}`, []chatMessage{{role: "user", text: `{"order":7}`}}},
		{"a text", "hello", []chatMessage{{role: "user", text: "hello"}}},
		{"a text that only looks like JSON", "[sic] he said", []chatMessage{{role: "user", text: "[sic] he said"}}},
		{"an unknown role", `[{"role":"critic","content":"bad"}]`, []chatMessage{{role: "user", text: "bad"}}},
		{"an index that would take all memory as a list", map[string]any{"999999999": map[string]any{"role": "user", "content": "hi"}}, []chatMessage{{role: "user", text: "hi"}}},
		{"nothing", nil, nil},
	} {
		if d := cmp.Diff(c.want, readMessages(c.in, "user"), cmp.AllowUnexported(chatMessage{}, toolCall{})); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.reason, d)
		}
	}
}

// TestIngestReadsDetailsFromLogRecords has the content of a call in the event that
// the conventions have for it, and what others said of the answer in another.
func TestIngestReadsDetailsFromLogRecords(t *testing.T) {
	const ids = `"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"00000000000000a1"`
	text := `{"resourceLogs":[{"scopeLogs":[{"logRecords":[
{` + ids + `,"eventName":"gen_ai.client.inference.operation.details","timeUnixNano":"5","attributes":[
 {"key":"gen_ai.input.messages","value":{"arrayValue":{"values":[{"kvlistValue":{"values":[{"key":"role","value":{"stringValue":"user"}},{"key":"parts","value":{"arrayValue":{"values":[{"kvlistValue":{"values":[{"key":"type","value":{"stringValue":"text"}},{"key":"content","value":{"stringValue":"How?"}}]}}]}}}]}}]}}},
 {"key":"gen_ai.output.messages","value":{"stringValue":"[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"So.\"}],\"finish_reason\":\"stop\"}]"}}]},
{` + ids + `,"eventName":"gen_ai.evaluation.result","attributes":[{"key":"gen_ai.evaluation.name","value":{"stringValue":"thumb"}},{"key":"gen_ai.evaluation.score.value","value":{"doubleValue":1}}]}]}]}]}
{"resourceSpans":[{"scopeSpans":[{"spans":[{` + ids + `,"name":"chat m","attributes":[{"key":"gen_ai.operation.name","value":{"stringValue":"chat"}}]}]}]}]}
`
	file, out := filepath.Join(t.TempDir(), "t.jsonl"), filepath.Join(t.TempDir(), "r.jsonl")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	mask := eval.Mask(func(s string) string { return strings.ReplaceAll(s, "So.", "***") })
	if _, err := Ingest(t.Context(), []string{file}, out, IngestOptions{Mask: mask}); err != nil {
		t.Fatal(err)
	}
	want := []eval.Output{{CaseID: "0af7651916cd43dd8448eb211c80319c", Text: "***", Prompt: "How?", Messages: []eval.Message{{Role: "user", Content: "How?"}, {Role: "assistant", Content: "***"}},
		Finish: "stop", Feedback: &eval.Feedback{Labels: map[string]float64{"thumb": 1}}, TraceID: "0af7651916cd43dd8448eb211c80319c", SpanID: "00000000000000a1"}}
	if d := cmp.Diff(want, readRecording(t, out)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

package datasets

import (
	"encoding/json"
	"strings"

	"holdtrue/eval"
)

// steps lists the calls of tools in their order. Where no tool is traced, they
// are those that the models asked for, with the results that were sent back.
func (g *group) steps(calls []*span) []eval.Step {
	var steps []eval.Step
	for _, s := range g.spans {
		if s.kind != toolSpan {
			continue
		}
		step := eval.Step{Tool: s.attrs.text("gen_ai.tool.name", "tool.name", "tool_call.function.name", "traceloop.entity.name"), LatencyMS: s.milliseconds()}
		if step.Tool == "" {
			step.Tool = strings.TrimPrefix(s.name, "execute_tool ")
		}
		if v := s.attrs.first("gen_ai.tool.call.arguments", "tool_call.function.arguments", "tool.parameters", "input.value", "traceloop.entity.input"); v != nil {
			step.Args = jsonOf(v)
		}
		if v := s.attrs.first("gen_ai.tool.call.result", "output.value", "traceloop.entity.output"); v != nil {
			step.Result = jsonOf(v)
		} else if s.failed {
			step.Result = jsonOf(map[string]any{"error": s.wrong()})
		}
		if step.Tool != "" {
			steps = append(steps, step)
		}
	}
	if steps == nil {
		return askedSteps(calls)
	}
	return steps
}

func askedSteps(calls []*span) []eval.Step {
	results := map[string]json.RawMessage{}
	var asked []toolCall
	seen := map[string]bool{}
	for _, c := range calls {
		for _, m := range c.input() {
			for _, r := range m.results {
				results[r.id] = r.result
			}
		}
		for _, m := range c.output() {
			for _, call := range m.calls {
				if call.name != "" && (call.id == "" || !seen[call.id]) {
					seen[call.id] = true
					asked = append(asked, call)
				}
			}
		}
	}
	var steps []eval.Step
	for _, call := range asked {
		step := eval.Step{Tool: call.name, Args: call.args}
		if call.id != "" {
			step.Result = results[call.id]
		}
		steps = append(steps, step)
	}
	return steps
}

// documents lists what was retrieved, in order, each once. A reranker's result
// follows its input, from which it is chosen.
func (g *group) documents() []eval.Document {
	var documents []eval.Document
	seen := map[[3]string]bool{}
	for _, s := range g.spans {
		if s.kind != retrievalSpan {
			continue
		}
		lists := []any{structured(s.attr("gen_ai.retrieval.documents"))}
		for _, prefix := range []string{"retrieval.documents", "reranker.output_documents", "rag.document", "rag.result.document"} {
			if tree := s.attrs.under(prefix); tree != nil {
				lists = append(lists, map[string]any(tree))
			}
		}
		for _, list := range lists {
			found := items(list)
			if found == nil && object(list) != nil {
				found = []any{list} // a single one, whose names carry no number
			}
			for _, v := range found {
				d, ok := readDocument(v)
				key := [3]string{d.ID, d.Version, d.Hash}
				if ok && !seen[key] {
					seen[key] = true
					documents = append(documents, d)
				}
			}
		}
	}
	return documents
}

func readDocument(v any) (d eval.Document, ok bool) {
	o := object(structured(v))
	if inner := object(o["document"]); inner != nil {
		o = inner
	}
	if o == nil {
		return d, false
	}
	about := object(structured(o["metadata"]))
	either := func(keys ...string) string {
		if t := firstText(o, keys...); t != "" {
			return t
		}
		return firstText(about, keys...)
	}
	d = eval.Document{ID: firstText(o, "id", "document_id"), Text: firstText(o, "content", "text", "page_content"), Version: either("version", "updated_at"),
		Source: either("source", "path", "url", "uri"), Hash: either("hash", "sha256")}
	if d.ID == "" {
		d.ID = firstText(about, "id", "document_id", "doc_id")
	}
	if d.Text != "" && d.Hash == "" {
		d.Hash = eval.ContentHash(d.Text)
	}
	if d.ID == "" {
		d.ID = d.Source
	}
	if d.ID == "" && d.Hash != "" {
		d.ID = "sha256:" + d.Hash[:min(12, len(d.Hash))]
	}
	return d, d.ID != ""
}

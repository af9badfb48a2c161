package datasets

import (
	"strings"

	logspb "go.opentelemetry.io/proto/otlp/logs/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"holdtrue/eval"
)

// spanKind is what a span means to us.
type spanKind int

const (
	otherSpan spanKind = iota
	inferenceSpan
	retrievalSpan
	toolSpan
	agentSpan
)

// span is what is kept of a span until its trace is whole: of one that is
// neither a model's, an agent's, a tool's nor a retrieval's little but its place
// in the tree.
type span struct {
	id, parent spanID
	kind       spanKind
	name       string
	start, end uint64 // Unix nanoseconds; 0 is unknown
	attrs      attributes
	resource   attributes
	events     []event
	failed     bool
	status     string // what the span's status says
	caseID     string
	number     int // in the order of the files
	pos        eval.Pos
}

// event is an event of a span, or a log record that belongs to it.
type event struct {
	name  string
	attrs attributes
	body  any
	time  uint64
}

// Names under which the conventions, in their order of age, keep the same thing.
var (
	operationNames = []string{"gen_ai.operation.name"}
	agentKinds     = []string{"openinference.span.kind", "traceloop.span.kind"}
)

// kindOf tells the kind of a span by the GenAI conventions, by OpenInference, by
// OpenLLMetry, and by what only one kind has.
func kindOf(name string, a attributes) spanKind {
	switch a.text(operationNames...) {
	case "chat", "generate_content", "text_completion":
		return inferenceSpan
	case "execute_tool":
		return toolSpan
	case "invoke_agent", "invoke_workflow":
		return agentSpan
	case "retrieval":
		return retrievalSpan
	case "embeddings", "create_agent":
		return otherSpan
	}
	switch strings.ToUpper(a.text(agentKinds...)) {
	case "LLM":
		return inferenceSpan
	case "TOOL":
		return toolSpan
	case "RETRIEVER", "RERANKER":
		return retrievalSpan
	case "AGENT", "CHAIN", "WORKFLOW":
		return agentSpan
	case "EMBEDDING", "GUARDRAIL", "EVALUATOR", "TASK", "PROMPT":
		return otherSpan
	}
	switch {
	case a["gen_ai.tool.name"] != nil || strings.HasPrefix(name, "execute_tool "):
		return toolSpan
	case a["gen_ai.retrieval.documents"] != nil || a["gen_ai.retrieval.query.text"] != nil:
		return retrievalSpan
	case strings.HasPrefix(name, "invoke_agent "):
		return agentSpan
	case a["llm.request.type"] == "embedding":
		return otherSpan
	case a.first("gen_ai.request.model", "gen_ai.response.model", "gen_ai.system", "llm.model_name", "llm.request.type") != nil:
		return inferenceSpan
	}
	return otherSpan
}

// newSpan reads a span; about is its resource. idNames are the attributes that
// may name its case.
func newSpan(it otlpItem, about attributes, idNames []string) (*span, error) {
	raw := it.span
	s := &span{name: raw.GetName(), start: raw.GetStartTimeUnixNano(), end: raw.GetEndTimeUnixNano(),
		attrs: attributesOf(raw.GetAttributes()), resource: about, pos: it.pos,
		failed: raw.GetStatus().GetCode() == tracepb.Status_STATUS_CODE_ERROR, status: raw.GetStatus().GetMessage()}
	wrong := func(what string, err error) error {
		return &eval.InputError{Pos: it.pos, Msg: "span \"" + cutTo(s.name, 80) + "\": " + what + ": " + err.Error()}
	}
	var err error
	if s.id, err = readSpanID(raw.GetSpanId()); err != nil {
		return nil, wrong("span id", err)
	}
	if s.parent, err = readSpanID(raw.GetParentSpanId()); err != nil {
		return nil, wrong("parent span id", err)
	}
	s.caseID = s.attrs.text(idNames...)
	s.kind = kindOf(s.name, s.attrs)
	if s.kind == otherSpan {
		s.attrs = kept(s.attrs)
		return s, nil
	}
	for _, e := range raw.GetEvents() {
		s.events = append(s.events, event{name: e.GetName(), attrs: attributesOf(e.GetAttributes()), time: e.GetTimeUnixNano()})
	}
	return s, nil
}

// kept are the attributes of a span of no interest that matter to its trace.
func kept(a attributes) attributes {
	var some attributes
	for _, name := range append(sessionNames(), lineageNames(a)...) {
		if v, ok := a[name]; ok {
			if some == nil {
				some = attributes{}
			}
			some[name] = v
		}
	}
	return some
}

func sessionNames() []string {
	return []string{"gen_ai.conversation.id", "session.id", "traceloop.association.properties.session_id"}
}

// lineageNames are the attributes that identify what made an answer.
func lineageNames(a attributes) []string {
	names := []string{"service.name", "service.version", "deployment.environment.name", "gen_ai.provider.name", "gen_ai.system", "llm.provider",
		"gen_ai.agent.name", "gen_ai.agent.id", "gen_ai.agent.version", "gen_ai.workflow.name", "gen_ai.prompt.name", "gen_ai.data_source.id",
		"llm.prompt_template.version", "rag.embedding.model", "rag.embedding.model.version", "rag.index.name", "rag.index.version"}
	for name := range a {
		if strings.HasPrefix(name, "lineage.") {
			names = append(names, name)
		}
	}
	return names
}

// newEvent reads a log record that is an event of a span, and says of which.
func newEvent(l *logspb.LogRecord) (e event, of spanID, err error) {
	of, err = readSpanID(l.GetSpanId())
	e = event{name: l.GetEventName(), attrs: attributesOf(l.GetAttributes()), body: plainValue(l.GetBody()), time: l.GetTimeUnixNano()}
	if e.name == "" {
		e.name = e.attrs.text("event.name")
	}
	return e, of, err
}

// input and output are the messages that went into a span and came out of it,
// wherever the convention that it keeps to puts them.
func (s *span) input() []chatMessage {
	messages := s.messages("user", []string{"gen_ai.input.messages"}, []string{"llm.input_messages", "gen_ai.prompt"},
		[]string{"gen_ai.prompt", "llm.prompts", "input.value", "traceloop.entity.input", "gen_ai.tool.call.arguments"},
		"gen_ai.content.prompt", "gen_ai.system.message", "gen_ai.user.message", "gen_ai.assistant.message", "gen_ai.tool.message")
	if system := s.attr("gen_ai.system_instructions"); system != nil {
		var m chatMessage
		m.role = "system"
		m.take(system)
		if len(messages) == 0 || messages[0].role != "system" {
			messages = append([]chatMessage{m}, messages...)
		}
	}
	return messages
}

func (s *span) output() []chatMessage {
	return s.messages("assistant", []string{"gen_ai.output.messages"}, []string{"llm.output_messages", "gen_ai.completion"},
		[]string{"gen_ai.completion", "output.value", "traceloop.entity.output"},
		"gen_ai.content.completion", "gen_ai.choice")
}

// attr is an attribute of the span, or of the event that gives the details of
// the call in its place.
func (s *span) attr(name string) any {
	if v := s.attrs[name]; v != nil {
		return v
	}
	for _, e := range s.events {
		if e.name == "gen_ai.client.inference.operation.details" {
			if v := e.attrs[name]; v != nil {
				return v
			}
			if v := object(e.body)[name]; v != nil {
				return v
			}
		}
	}
	return nil
}

// messages looks for messages under names that hold them whole, under prefixes
// of numbered names, in events, and last under names of plain texts.
func (s *span) messages(role string, whole, numbered, plain []string, events ...string) []chatMessage {
	for _, name := range whole {
		if m := readMessages(s.attr(name), role); m != nil {
			return m
		}
	}
	for _, prefix := range numbered {
		if tree := s.attrs.under(prefix); tree != nil {
			if m := readMessages(map[string]any(tree), role); len(items(map[string]any(tree))) > 0 && m != nil {
				return m
			}
		}
	}
	var messages []chatMessage
	for _, e := range s.events {
		for _, name := range events {
			if e.name == name {
				messages = append(messages, e.messages(role)...)
			}
		}
	}
	if messages != nil {
		return messages
	}
	for _, name := range plain {
		if v := s.attrs[name]; v != nil && v != "" {
			return readMessages(v, role)
		}
	}
	return nil
}

// messages reads the message or messages of an event. Its name says whose they
// are, where it is gen_ai.ROLE.message.
func (e *event) messages(role string) []chatMessage {
	if named, ok := strings.CutSuffix(strings.TrimPrefix(e.name, "gen_ai."), ".message"); ok {
		role = roleOf(named, role)
	}
	if v := e.attrs.first("gen_ai.prompt", "gen_ai.completion"); v != nil {
		return readMessages(v, role)
	}
	if o := object(structured(e.body)); o != nil {
		return readMessages([]any{o}, role)
	}
	if len(e.attrs) > 0 { // span events have no body: what it would hold stands among the attributes
		o := map[string]any{}
		for k, v := range e.attrs {
			o[k] = structured(v)
		}
		if m, ok := readMessage(o, role); ok && (m.text != "" || m.calls != nil || m.results != nil) {
			return []chatMessage{m}
		}
	}
	return nil
}

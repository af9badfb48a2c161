package datasets

import (
	"encoding/hex"
	"encoding/json"
	"math"
	"slices"
	"strings"
	"time"

	"holdtrue/eval"
)

// Why a group of spans gives no output.
type unfit int

const (
	fit      unfit = iota
	noModel        // no model or agent was called
	wordless       // the content was not captured
)

// answer makes an output of a group.
func (g *group) answer() (o eval.Output, why unfit) {
	root, agent, calls := g.root(), g.agent(), g.inferences()
	if root == nil || len(calls) == 0 && (agent == nil || agent.output() == nil) && !g.failedAgent(root) {
		return o, noModel
	}
	o.CaseID, o.TraceID, o.SpanID = g.caseID, g.trace.id.String(), hex.EncodeToString(root.id[:])
	var last *span
	for _, c := range calls {
		if last == nil || c.end >= last.end {
			last = c
		}
	}
	spoken := g.say(&o, agent, last, calls)
	if root.failed {
		o.Err = root.wrong()
	} else if !spoken && last != nil && last.failed {
		o.Err = last.wrong()
	}
	if !spoken && o.Err == "" {
		return o, wordless
	}
	o.LatencyMS = root.milliseconds()
	if root.start > 0 && root.start <= math.MaxInt64 {
		o.Started = time.Unix(0, int64(root.start)).UTC()
	}
	for _, c := range calls {
		if c.failed && c != last {
			a := eval.Attempt{Err: c.wrong()}
			if ms := c.milliseconds(); ms != nil {
				a.LatencyMS = *ms
			}
			o.Attempts = append(o.Attempts, a)
		}
	}
	if last != nil {
		modelOf(&o, last, root)
	}
	o.Usage = usageOf(calls, agent)
	o.Steps, o.Documents = g.steps(calls), g.documents()
	o.Feedback = g.feedback()
	o.Lineage = g.lineage()
	o.Session = g.session()
	return o, fit
}

// failedAgent tells a trace whose agent broke before it called a model.
func (g *group) failedAgent(root *span) bool {
	return root.kind == agentSpan && root.failed
}

// say fills in what was asked and answered: the answer is the agent's or, where
// that says none, the last one of a model.
func (g *group) say(o *eval.Output, agent, last *span, calls []*span) (spoken bool) {
	var asked []chatMessage
	if agent != nil {
		asked = agent.input()
		o.Text, spoken = lastText(agent.output())
	}
	if o.Text == "" {
		for _, c := range slices.Backward(calls) {
			text, said := lastText(c.output())
			spoken = spoken || said
			if text != "" {
				o.Text = text
				break
			}
		}
	}
	if last != nil {
		sent := last.input()
		o.Prompt = prompt(sent)
		if len(asked) == 0 {
			asked = sent
		}
	} else {
		o.Prompt = prompt(asked)
	}
	if o.Messages = conversation(asked); len(o.Messages) > 0 && strings.TrimSpace(o.Text) != "" {
		o.Messages = append(o.Messages, eval.Message{Role: "assistant", Content: o.Text})
	}
	return spoken
}

// modelOf fills in how the model that gave the answer was asked.
func modelOf(o *eval.Output, last, root *span) {
	a := last.attrs
	o.Requested = a.text("gen_ai.request.model", "llm.request.model")
	o.Model = a.text("gen_ai.response.model", "llm.response.model", "llm.model_name")
	if o.Model == "" {
		o.Model, o.Requested = o.Requested, ""
	}
	o.ResponseID = a.text("gen_ai.response.id", "llm.response.id")
	o.Fingerprint = a.text("openai.response.system_fingerprint", "gen_ai.openai.response.system_fingerprint", "gen_ai.response.system_fingerprint")
	switch reasons := structured(a.first("gen_ai.response.finish_reasons", "llm.finish_reason", "llm.response.finish_reason", "gen_ai.response.finish_reason")).(type) {
	case []any:
		if len(reasons) > 0 {
			o.Finish = textValue(reasons[0])
		}
	default:
		o.Finish = textValue(reasons)
	}
	if o.Finish == "" {
		for _, m := range last.output() {
			o.Finish = m.finish
		}
	}
	if seed := a.number("gen_ai.request.seed", "gen_ai.openai.request.seed"); seed != nil && math.Abs(*seed) < 1<<53 {
		n := int64(*seed)
		o.Seed = &n
	}
	if s := a.number("gen_ai.response.time_to_first_chunk", "gen_ai.server.time_to_first_token"); s != nil && *s >= 0 && last.start >= root.start {
		ms := 1000**s + float64(last.start-root.start)/1e6
		o.FirstTokenMS = &ms
	}
	o.Parameters = parametersOf(a)
}

// parametersOf gathers what a call was set to.
func parametersOf(a attributes) json.RawMessage {
	all := map[string]any{}
	if given := object(structured(a["llm.invocation_parameters"])); given != nil {
		for k, v := range given {
			if k != "messages" && k != "input" && k != "model" {
				all[k] = v
			}
		}
	}
	for name, key := range map[string]string{"gen_ai.request.choice.count": "n", "gen_ai.output.type": "output_type",
		"gen_ai.request.stop_sequences": "stop", "llm.request.temperature": "temperature"} {
		if v := a[name]; v != nil {
			all[key] = v
		}
	}
	for _, key := range []string{"temperature", "top_p", "top_k", "max_tokens", "frequency_penalty", "presence_penalty", "stream"} {
		if v := a["gen_ai.request."+key]; v != nil {
			all[key] = v
		}
	}
	if len(all) == 0 {
		return nil
	}
	return jsonOf(all)
}

// usageOf sums up what the model calls took; the agent's own sum counts where
// none of them says anything.
func usageOf(calls []*span, agent *span) *eval.Usage {
	var u eval.Usage
	for _, c := range calls {
		addUsage(&u, c.attrs)
	}
	if u == (eval.Usage{}) && agent != nil {
		addUsage(&u, agent.attrs)
	}
	if u == (eval.Usage{}) {
		return nil
	}
	return &u
}

func addUsage(u *eval.Usage, a attributes) {
	add := func(into **int64, names ...string) {
		if n := a.count(names...); n != nil {
			if *into == nil {
				*into = new(int64)
			}
			**into += *n
		}
	}
	add(&u.InputTokens, "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt", "llm.usage.prompt_tokens")
	add(&u.OutputTokens, "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.token_count.completion", "llm.usage.completion_tokens")
	if c := a.number("gen_ai.usage.cost", "gen_ai.usage.cost_usd", "llm.cost.total", "llm.usage.total_cost"); c != nil && *c >= 0 {
		if u.CostUSD == nil {
			u.CostUSD = new(float64)
		}
		*u.CostUSD += *c
	}
}

// lineage gathers what identifies the maker of the answer: where spans differ,
// what the topmost says.
func (g *group) lineage() map[string]string {
	var all map[string]string
	take := func(a attributes) {
		for _, name := range lineageNames(a) {
			key := strings.TrimPrefix(name, "lineage.")
			if name == "gen_ai.system" || name == "llm.provider" { // older names of the same
				key = "gen_ai.provider.name"
			}
			if text := a.text(name); text != "" && key != "" && all[key] == "" {
				if all == nil {
					all = map[string]string{}
				}
				all[key] = text
			}
		}
	}
	for _, s := range g.spans {
		take(s.attrs)
	}
	for _, s := range g.spans {
		take(s.resource)
	}
	return all
}

// session is the conversation that the trace belongs to.
func (g *group) session() string {
	for _, s := range g.spans {
		if id := s.attrs.text(sessionNames()...); id != "" {
			return id
		}
	}
	return ""
}

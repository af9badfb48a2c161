package lineage

import (
	"encoding/json"
	"slices"
	"strings"

	"holdtrue/eval"
)

// Kind is a kind of fact about what made an output.
type Kind string

const (
	Document    Kind = "document"
	Source      Kind = "source" // the documents of one upstream source together
	Retrieval   Kind = "retrieval"
	Template    Kind = "prompt template"
	Model       Kind = "model"
	Requested   Kind = "model asked for"
	Fingerprint Kind = "fingerprint"
	Parameter   Kind = "parameter"
	Tools       Kind = "tool order"
	Argument    Kind = "argument"
	ToolResult  Kind = "tool result"
	Finish      Kind = "finish reason"
	Key         Kind = "lineage key"
	Run         Kind = "run" // a fact of the run as a whole: agent, version, commit
	Tag         Kind = "tag"

	first Kind = "first document" // a fact, not a factor: which document stands first
)

// fact is one thing about an output, and its value.
type fact struct {
	kind  Kind
	name  string // of the document, parameter, tool and argument, or key
	value string
}

// The texts of an output that stand in for what they were made of.
const (
	caseMark     = "{case}"
	documentMark = "{document}"
	maxValue     = 200 // bytes of a value kept as it is; a longer one is its hash
)

func short(v string) string {
	if len(v) <= maxValue {
		return v
	}
	return "sha256:" + eval.ContentHash(v)
}

// factsOf lists what is known of how an output was made.
func factsOf(c *eval.Case, o *eval.Output) []fact {
	var facts []fact
	add := func(kind Kind, name, value string) {
		if value != "" {
			facts = append(facts, fact{kind, name, short(value)})
		}
	}
	add(Model, "", o.Model)
	add(Requested, "", o.Requested)
	add(Fingerprint, "", o.Fingerprint)
	add(Finish, "", o.Finish)
	if t := TemplateOf(c, o); t != "" {
		add(Template, "", eval.ContentHash(t))
	}
	for k, v := range o.Lineage {
		add(Key, k, v)
	}
	for k, v := range object(o.Parameters) {
		add(Parameter, k, v)
	}
	for i := range o.Documents {
		add(Document, o.Documents[i].ID, documentValue(&o.Documents[i]))
	}
	if len(o.Documents) > 0 {
		add(first, o.Documents[0].ID, "first")
	}
	return append(facts, stepFacts(o.Steps)...)
}

// documentValue identifies the content of a document: its hash, or else its
// version.
func documentValue(d *eval.Document) string {
	switch {
	case d.Hash != "":
		return d.Hash
	case d.Text != "":
		return eval.ContentHash(d.Text)
	case d.Version != "":
		return d.Version
	}
	return "unknown"
}

// stepFacts are the tools in their order, their arguments, and their results.
func stepFacts(steps []eval.Step) []fact {
	if len(steps) == 0 {
		return nil
	}
	var order []string
	values := map[fact][]string{} // by fact without a value
	for _, s := range steps {
		order = append(order, s.Tool)
		for k, v := range object(s.Args) {
			f := fact{kind: Argument, name: s.Tool + "." + k}
			values[f] = append(values[f], v)
		}
		if len(s.Result) > 0 {
			f := fact{kind: ToolResult, name: s.Tool}
			values[f] = append(values[f], string(eval.CanonicalJSON(s.Result)))
		}
	}
	facts := []fact{{Tools, "", short(strings.Join(order, ", "))}}
	for f, v := range values {
		f.value = short(strings.Join(v, " | "))
		facts = append(facts, f)
	}
	return facts
}

// object gives the values of a JSON object by key, each as it would be written;
// what is no object has the key "".
func object(raw json.RawMessage) map[string]string {
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var fields map[string]json.RawMessage
	if json.Unmarshal(raw, &fields) != nil {
		return map[string]string{"": string(eval.CanonicalJSON(raw))}
	}
	values := make(map[string]string, len(fields))
	for k, v := range fields {
		var text string
		if json.Unmarshal(v, &text) != nil {
			text = string(eval.CanonicalJSON(v))
		}
		values[k] = text
	}
	return values
}

// TemplateOf is the final prompt with what belongs to the case cut out: its own
// text and that of its documents. It is "" where the output holds no prompt.
func TemplateOf(c *eval.Case, o *eval.Output) string {
	if o.Prompt == "" {
		return ""
	}
	own := []string{c.Text(), c.Prompt}
	for _, m := range c.Messages {
		own = append(own, m.Content)
	}
	slices.SortFunc(own, func(a, b string) int { return len(b) - len(a) })
	t := o.Prompt
	for _, d := range o.Documents {
		t = cutOut(t, d.Text, documentMark)
	}
	for _, s := range own {
		t = cutOut(t, s, caseMark)
	}
	for _, d := range o.Documents {
		if len(d.ID) >= 4 { // a shorter one may be a word of the template
			t = cutOut(t, d.ID, documentMark)
		}
	}
	return collapse(t)
}

func cutOut(t, part, mark string) string {
	if part = strings.TrimSpace(part); part == "" || part == caseMark || part == documentMark {
		return t
	}
	return strings.ReplaceAll(t, part, mark)
}

// collapse makes any number of documents one after the other a single one, so
// that their number is not part of the template. What stands between two of them
// in fewer than 20 bytes only divides them.
func collapse(t string) string {
	parts := strings.Split(t, documentMark)
	kept := parts[:1]
	for i, p := range parts[1:] {
		if last := i+2 == len(parts); last || len(p) >= 20 {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, documentMark)
}

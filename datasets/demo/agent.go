package demo

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

//go:embed knowledge/*.jsonl
var knowledge embed.FS

// Agent answers support questions. It is safe for use by several goroutines.
type Agent struct {
	version string
	docs    []eval.Document
	index   *index
}

// Versions are the versions of the agent.
func Versions() []string { return []string{"1", "2"} }

// NewAgent makes a version of the agent ready. Version 2 has version 1's
// documents with those that changed upstream put in.
func NewAgent(version string) (*Agent, error) {
	a := &Agent{version: version}
	switch version {
	case "1", "2":
	default:
		return nil, &eval.InputError{Msg: fmt.Sprintf("the demo agent has no version %q%s", version, wire.Suggest(version, Versions()))}
	}
	var err error
	if a.docs, err = documents("knowledge/v1.jsonl"); err != nil {
		return nil, err
	}
	if version == "2" {
		changed, err := documents("knowledge/v2.jsonl")
		if err != nil {
			return nil, err
		}
		for _, d := range changed {
			for i := range a.docs {
				if a.docs[i].ID == d.ID {
					a.docs[i] = d
				}
			}
		}
	}
	a.index = newIndex(documentTexts(a.docs))
	return a, nil
}

func documents(name string) ([]eval.Document, error) {
	data, err := knowledge.ReadFile(name)
	if err != nil {
		return nil, err
	}
	var docs []eval.Document
	for line, err := range wire.Lines(bytes.NewReader(data), name) {
		if err != nil {
			return nil, err
		}
		var d eval.Document
		if err := wire.Decode(line.Data, &d, line.Pos, false); err != nil {
			return nil, err
		}
		d.Hash = eval.ContentHash(d.Text)
		docs = append(docs, d)
	}
	return docs, nil
}

// question is what the agent is asked: the wire form of a case without what is
// expected.
type question struct {
	ID       string          `json:"id"`
	Repeat   int             `json:"repeat"`
	Prompt   string          `json:"prompt"`
	Messages []eval.Message  `json:"messages"`
	Docs     []eval.Document `json:"documents"`
	Steps    []eval.Step     `json:"steps"`
}

// Answer answers one question. The wording depends on the id of the case and
// the repeat, not on the version.
func (a *Agent) Answer(id, prompt string, repeat int) eval.Output {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%d", id, repeat)
	rng := rand.New(rand.NewPCG(h.Sum64(), 1))
	o := eval.Output{CaseID: id, Repeat: repeat, Model: "holdtrue-demo-v" + a.version,
		Lineage: map[string]string{"index": "kb-" + a.version, "template": "t4"}}
	german := isGerman(prompt)
	switch {
	case orderNumber.MatchString(prompt):
		o.Text = a.orderStatus(&o, prompt, german, rng)
	case quoteRequest.MatchString(prompt):
		o.Text = a.quote(&o, prompt, german, rng)
	default:
		o.Text = a.fromDocuments(&o, prompt, german, rng)
	}
	latency := float64(180 + 4*len(o.Text) + rng.IntN(60))
	in, out, cost := int64(len(prompt)/4+220), int64(len(o.Text)/4), 0.0004
	o.LatencyMS, o.Usage = &latency, &eval.Usage{InputTokens: &in, OutputTokens: &out, CostUSD: &cost}
	return o
}

// isGerman decides by the words that German questions hold.
func isGerman(prompt string) bool {
	for _, w := range strings.Fields(strings.ToLower(prompt)) {
		switch strings.Trim(w, ",.?") {
		case "der", "die", "das", "wie", "was", "wo", "ich", "ist", "ein", "eine", "und", "wann", "kann", "gibt", "mein", "meine", "es", "welchen":
			return true
		}
	}
	return false
}

// opening varies the wording without changing what is said.
func opening(german bool, rng *rand.Rand) string {
	en := []string{"", "Thanks for asking. ", "Happy to help. ", "Good question. ", "Sure. "}
	de := []string{"", "Danke für die Frage. ", "Gern. ", "Gute Frage. ", "Natürlich. "}
	i := rng.IntN(len(en))
	if german {
		return de[i]
	}
	return en[i]
}

// fromDocuments answers with sentences of the best document: the one that fits
// the question best, and the condition that follows it.
func (a *Agent) fromDocuments(o *eval.Output, prompt string, german bool, rng *rand.Rand) string {
	order := a.index.rank(prompt)
	for _, i := range order[:2] {
		o.Documents = append(o.Documents, a.docs[i])
	}
	sentences := strings.SplitAfter(a.docs[order[0]].Text, ". ")
	answer := strings.TrimSpace(sentences[0])
	condition := true
	if a.version == "2" && german {
		// The planted fault: German answers are cut to fit a smaller budget.
		condition = len(answer)+len(sentences[1]) < 150
	}
	if condition && len(sentences) > 1 {
		answer += " " + strings.TrimSpace(sentences[1])
	}
	if len(sentences) > 2 && rng.IntN(3) == 0 {
		answer += " " + strings.TrimSpace(sentences[2])
	}
	return opening(german, rng) + answer
}

var (
	orderNumber  = regexp.MustCompile(`\bH-\d{4}\b`)
	quoteRequest = regexp.MustCompile(`(\d+) x ([A-Z]-\d{3}) \(([^)]+)\)`)
)

// step records a call of a tool.
func step(o *eval.Output, tool string, args, result any) {
	a, _ := json.Marshal(args)
	r, _ := json.Marshal(result)
	ms := 12.0
	o.Steps = append(o.Steps, eval.Step{Tool: tool, Args: a, Result: r, LatencyMS: &ms})
}

type order struct {
	Status string `json:"status"`
	Date   string `json:"date"`
}

// orders is the table behind the tool order_status.
var orders = map[string][2]order{
	"H-1042": {{"shipped", "3 October"}, {"versandt", "3. Oktober"}},
	"H-1055": {{"in the workshop", "9 October"}, {"in der Werkstatt", "9. Oktober"}},
	"H-1077": {{"packed", "5 October"}, {"verpackt", "5. Oktober"}},
	"H-1103": {{"delivered", "28 September"}, {"zugestellt", "28. September"}},
}

func (a *Agent) orderStatus(o *eval.Output, prompt string, german bool, rng *rand.Rand) string {
	number := orderNumber.FindString(prompt)
	found, ok := orders[number]
	language := 0
	if german {
		language = 1
	}
	step(o, "order_status", map[string]string{"order": number}, found[language])
	switch {
	case !ok && german:
		return opening(german, rng) + "Die Bestellung " + number + " finde ich nicht."
	case !ok:
		return opening(german, rng) + "I cannot find the order " + number + "."
	case german:
		return fmt.Sprintf("%sIhre Bestellung %s ist %s. Das Datum in unserem System ist der %s.", opening(german, rng), number, found[1].Status, found[1].Date)
	}
	return fmt.Sprintf("%sYour order %s is %s. The date in our system is %s.", opening(german, rng), number, found[0].Status, found[0].Date)
}

// prices without tax, by part number, in cents.
var prices = map[string]int{"C-118": 2490, "B-204": 1250, "H-310": 7900, "A-500": 45900, "L-021": 3995, "S-777": 5400, "P-090": 2990, "T-415": 6450}

const taxPercent = 19

func (a *Agent) quote(o *eval.Output, prompt string, german bool, rng *rand.Rand) string {
	m := quoteRequest.FindStringSubmatch(prompt)
	quantity, _ := strconv.Atoi(m[1])
	tax := "gross"
	if a.version == "2" && quantity >= 5 {
		// The planted fault: larger quantities are taken for business
		// customers, who are quoted without tax.
		tax = "net"
	}
	cents := prices[m[2]] * quantity * 100
	if tax == "gross" {
		cents = prices[m[2]] * quantity * (100 + taxPercent)
	}
	total := fmt.Sprintf("%.2f EUR", float64((cents+50)/100)/100)
	step(o, "quote", map[string]any{"part": m[2], "quantity": quantity, "tax": tax}, map[string]string{"total": total})
	if german {
		return fmt.Sprintf("%s%d x %s (%s) kostet insgesamt %s, Steuer inbegriffen.", opening(german, rng), quantity, m[2], m[3], total)
	}
	return fmt.Sprintf("%s%d x %s (%s) costs %s in total, tax included.", opening(german, rng), quantity, m[2], m[3], total)
}

package scorers_test

import (
	"encoding/json"
	"math"
	"strings"
	"testing"

	"holdtrue/eval"
)

// steps reads "search(q=1) refund()" style steps: a name, and JSON arguments
// behind a colon.
func steps(t *testing.T, lines ...string) (s []eval.Step) {
	t.Helper()
	for _, l := range lines {
		tool, args, _ := strings.Cut(l, ":")
		s = append(s, eval.Step{Tool: tool, Args: json.RawMessage(args)})
	}
	return s
}

func TestToolCalls(t *testing.T) {
	for _, c := range []struct {
		why, args      string
		expected, made []string
		want           float64
		reason         string
	}{
		{"all there, others too", `{}`, []string{`a:{"x":1}`}, []string{"b", `a:{"x":1.0}`}, 1, ""},
		{"other arguments", `{}`, []string{`refund:{"order":5}`}, []string{`refund:{"order":6}`}, 0, "missing: refund(order=5); called refund(order=6)"},
		{"duplicates are matched one to one", `{}`, []string{"a", "a"}, []string{"a"}, 0, "missing: a()"},
		{"strict", `{"mode":"strict"}`, []string{"a", "b"}, []string{"a", "b"}, 1, ""},
		{"strict, another order", `{"mode":"strict"}`, []string{"a", "b"}, []string{"b", "a"}, 0, "call 1 is b(), expected a()"},
		{"strict, one more", `{"mode":"strict"}`, []string{"a"}, []string{"a", "b"}, 0, "call 2 is not expected: b()"},
		{"unordered", `{"mode":"unordered"}`, []string{"a", "b"}, []string{"b", "a"}, 1, ""},
		{"unordered, one more", `{"mode":"unordered"}`, []string{"a"}, []string{"b", "a"}, 0, "not expected: b()"},
		{"subset", `{"mode":"subset"}`, []string{"a", "b"}, []string{"b"}, 1, ""},
		{"subset, twice", `{"mode":"subset"}`, []string{"a", "b"}, []string{"b", "b"}, 0, "not expected: b()"},
		{"in order", `{"mode":"in-order"}`, []string{"a", "b"}, []string{"a", "x", "b"}, 1, ""},
		{"not in order", `{"mode":"in-order"}`, []string{"a", "b"}, []string{"b", "a"}, 0, "missing: b()"},
		{"a greedy pairing would fail", `{"args":"superset","mode":"unordered"}`, []string{`a:{}`, `a:{"x":1}`}, []string{`a:{"x":1}`, `a:{"y":2}`}, 1, ""},
		{"arguments ignored", `{"args":"ignore"}`, []string{`a:{"x":1}`}, []string{`a:{"x":2}`}, 1, ""},
		{"fewer arguments", `{"args":"subset"}`, []string{`a:{"x":1,"y":{"z":1}}`}, []string{`a:{"y":{"z":1}}`}, 1, ""},
		{"more arguments", `{"args":"superset"}`, []string{`a:{"y":{"z":1}}`}, []string{`a:{"y":{"z":1,"w":2},"x":1}`}, 1, ""},
		{"keys ignored", `{"ignore":["id","in.at"]}`, []string{`a:{"in":{"v":1}}`}, []string{`a:{"id":7,"in":{"v":1,"at":9}}`}, 1, ""},
		{"defaults", `{"defaults":{"limit":10}}`, []string{`a:{}`}, []string{`a:{"limit":10}`}, 1, ""},
		{"one tool otherwise", `{"tools":{"b*":{"args":"ignore"}}}`, []string{`a:{"x":1}`, `bb:{"x":1}`}, []string{`a:{"x":1}`, `bb:{"x":2}`}, 1, ""},
		{"arguments as a text", `{}`, []string{`a:{"x":1}`}, []string{`a:"{\"x\":1}"`}, 1, ""},
		{"long numbers", `{}`, []string{`a:{"id":9007199254740993}`}, []string{`a:{"id":9007199254740992}`}, 0, "missing"},
		{"no arguments, logged as null", `{}`, []string{"a"}, []string{"a:null"}, 1, ""},
		{"no arguments, logged as nothing", `{}`, []string{"a"}, []string{`a:""`}, 1, ""},
		{"long numbers as defaults", `{"defaults":{"n":9007199254740993}}`, []string{"a"}, []string{`a:{"n":9007199254740992}`}, 0, "missing"},
		{"a glob and a server", `{"tools":{"*":{"args":"ignore"}}}`, []string{`a/b:{"x":1}`}, []string{`a/b:{"x":2}`}, 1, ""},
		{"no call expected, whatever the mode", `{"empty":"none"}`, nil, []string{"a"}, 0, "not expected: a()"},
		{"nothing expected", `{}`, nil, []string{"a"}, skipped, ""},
		{"no call expected", `{"empty":"none","mode":"subset"}`, nil, []string{"a"}, 0, "not expected: a()"},
	} {
		s := sampleOf("")
		s.Case.Steps, s.Output.Steps = steps(t, c.expected...), steps(t, c.made...)
		got := bind(t, "tool-calls", c.args).Score(t.Context(), s)
		value := got.Value
		if got.Status == eval.Skipped {
			value = skipped
		}
		if value != c.want || !strings.Contains(got.Reason, c.reason) {
			t.Errorf("%s: %+v, want %v %q", c.why, got, c.want, c.reason)
		}
	}
}

func TestToolUse(t *testing.T) {
	for _, c := range []struct {
		why, scorer, args string
		expected, made    []string
		want              float64
		reason            string
	}{
		{"two of three, two of four", "tool-call-f1", `{}`, []string{"a", "b", "c"}, []string{"a", "b", "x", "y"}, 4. / 7, "2 of 3 calls expected, 4 calls made"},
		{"precision", "tool-call-f1", `{"part":"precision"}`, []string{"a", "b", "c"}, []string{"a", "b", "x", "y"}, 0.5, ""},
		{"recall", "tool-call-f1", `{"part":"recall"}`, []string{"a", "b", "c"}, []string{"a", "b", "x", "y"}, 2. / 3, ""},
		{"none expected, none made", "tool-call-f1", `{"empty":"none"}`, nil, nil, 1, ""},
		{"before", "tool-order", `{"before":[["verify","refund*"]]}`, nil, []string{"verify", "refund_order"}, 1, ""},
		{"too late", "tool-order", `{"before":[["verify","refund"]]}`, nil, []string{"refund", "verify"}, 0, "call 1, refund, without verify before it"},
		{"never called", "tool-order", `{"before":[["verify","refund"]]}`, nil, []string{"x"}, 1, ""},
		{"one each", "tool-order", `{"before":[["verify","refund"]],"each":true}`, nil, []string{"verify", "refund", "refund"}, 0, "call 3"},
		{"count", "tool-count", `{"tools":"s*","max":1}`, nil, []string{"search", "see"}, 0, "2 calls, at most 1 wanted"},
		{"count all", "tool-count", `{"min":2}`, nil, []string{"search", "see"}, 1, ""},
		{"forbidden", "tools-allowed", `{"never":["delete_*"]}`, nil, []string{"delete_user"}, 0, "call 1 is delete_user"},
		{"forbidden behind a server", "tools-allowed", `{"never":"delete_*"}`, nil, []string{"server/delete_user"}, 1, ""},
		{"forbidden whatever the server", "tools-allowed", `{"never":"*delete_*"}`, nil, []string{"server/delete_user"}, 0, "call 1 is server/delete_user"},
		{"every tool forbidden", "tools-allowed", `{"never":"*"}`, nil, []string{"mcp/search"}, 0, "call 1 is mcp/search"},
		{"before, behind a server", "tool-order", `{"before":[["verify*","refund"]]}`, nil, []string{"verify_a/b", "refund"}, 1, ""},
		{"every tool counted", "tool-count", `{"tools":"*","max":0}`, nil, []string{"mcp/search"}, 0, ""},
		{"allowed", "tools-allowed", `{"allowed":["search"]}`, nil, []string{"search"}, 1, ""},
	} {
		s := sampleOf("")
		s.Case.Steps, s.Output.Steps = steps(t, c.expected...), steps(t, c.made...)
		got := bind(t, c.scorer, c.args).Score(t.Context(), s)
		if d := got.Value - c.want; got.Status != eval.Scored || d > 1e-12 || d < -1e-12 || !strings.Contains(got.Reason, c.reason) {
			t.Errorf("%s: %+v, want %v %q", c.why, got, c.want, c.reason)
		}
	}
}

func TestRetrieval(t *testing.T) {
	doc := func(id, text string) eval.Document { return eval.Document{ID: id, Text: text} }
	wanted := []eval.Document{doc("a", "refunds take thirty days"), doc("b", "shipping is free")}
	for _, c := range []struct {
		why, scorer, args, output string
		given                     []eval.Document
		want                      float64
		reason                    string
	}{
		// (1/1 + 2/3) / 2, the formula of ragas' context precision by hand.
		{"ranked", "context-precision", "", "", []eval.Document{doc("a", ""), doc("x", ""), doc("b", "")}, 5. / 6, "2 of 3 documents relevant"},
		{"retrieved again", "context-precision", `{"ranked":false}`, "", []eval.Document{doc("a", ""), doc("a", ""), doc("x", "")}, 0.5, "1 of 2 documents relevant"},
		{"share", "context-precision", `{"ranked":false}`, "", []eval.Document{doc("a", ""), doc("x", ""), doc("b", "")}, 2. / 3, ""},
		{"recall", "context-recall", "", "", []eval.Document{doc("x", ""), doc("b", "")}, 0.5, "1 of 2 documents retrieved"},
		{"by text", "context-recall", `{"by":"text"}`, "", []eval.Document{doc("other", "Our refunds take thirty days or so.")}, 0.5, ""},
		{"nothing retrieved", "context-recall", "", "", nil, 0, "no document"},
		{"citations by number and id", "citations", "", "So [1], and so (source: b). But [3] and [zz].", []eval.Document{doc("a", ""), doc("b", "")}, 0.5, `no such document: "3", "zz"`},
		{"several in one", "citations", "", "So [1, 2].", []eval.Document{doc("a", ""), doc("b", "")}, 1, ""},
		{"a link is none", "citations", "", "See [here](http://x.y).", []eval.Document{doc("a", "")}, 0, "0 citations, at least 1 wanted"},
		{"boxes, marks and indices are none", "citations", "", "- [x] done\n- [X] too\n[TODO] a[0] list[0] a_b[7] `items[9]`, so [1].", []eval.Document{doc("a", "")}, 1, ""},
		{"directly behind a word", "citations", "", "In 30 days[1], or weeks[9].", []eval.Document{doc("a", "")}, 0.5, `no such document: "9"`},
		{"an id like a box", "citations", "", "So [x].", []eval.Document{doc("x", "")}, 1, ""},
		{"x in a sentence", "citations", "", "So [x].", []eval.Document{doc("a", "")}, 0, `no such document: "x"`},
		{"a range", "citations", "", "So [1-3].", []eval.Document{doc("a", ""), doc("b", "")}, 2. / 3, `no such document: "3"`},
		{"an id like a range", "citations", "", "So [1-3].", []eval.Document{doc("1-3", "")}, 1, ""},
		{"none needed", "citations", `{"min":0}`, "So.", []eval.Document{doc("a", "")}, skipped, ""},
	} {
		s := sampleOf(c.output)
		s.Case.Documents, s.Output.Documents = wanted, c.given
		got := bind(t, c.scorer, c.args).Score(t.Context(), s)
		value := got.Value
		if got.Status == eval.Skipped {
			value = skipped
		}
		if d := value - c.want; d > 1e-12 || d < -1e-12 || !strings.Contains(got.Reason, c.reason) {
			t.Errorf("%s: %+v, want %v %q", c.why, got, c.want, c.reason)
		}
	}
}

// tauCase is a trajectory of tau-bench that was read, call by call, beside the
// expected actions. The figures follow from the counts in the comments.
type tauCase struct {
	trial, id                string
	superset, inOrder, exact float64 // exact: unordered, nothing more and nothing less
	f1                       float64
}

var tauCases = []tauCase{
	{"0", "0", 0, 0, 0, 0},         // books with nonfree_baggages 1 instead of 0; the booking is all that is expected
	{"1", "30", 1, 1, 1, 1},        // the ten expected calls, in order
	{"0", "44", 1, 1, 1, 1},        // both calls
	{"1", "20", 1, 1, 0, 6. / 10},  // 3 of 3, and four calls more
	{"3", "16", 1, 1, 0, 4. / 13},  // 2 of 2, and nine look-ups more
	{"0", "10", 0, 0, 0, 0},        // never cancels, and books otherwise
	{"2", "46", 0, 0, 0, 6. / 7},   // 3 of 4: one reservation is not looked up; reward 1 all the same
	{"2", "28", 0, 0, 0, 20. / 22}, // 10 of 11, and one cancellation too many
	{"1", "2", 1, 1, 0, 10. / 32},  // 5 of 5 among 27 calls
	{"2", "40", 1, 1, 0, 12. / 13}, // 6 of 6, and a certificate that nobody asked for: reward 0
	{"0", "38", 0, 0, 0, 0},        // hands over with a summary in other words
	{"3", "44", 0, 0, 0, 0},        // no call at all
}

func TestToolCallsOnTauBench(t *testing.T) {
	superset, f1 := bind(t, "tool-calls", ""), bind(t, "tool-call-f1", "")
	inOrder, exact := bind(t, "tool-calls", `{"mode":"in-order"}`), bind(t, "tool-calls", `{"mode":"unordered"}`)
	lenient := bind(t, "tool-calls", `{"tools":{"transfer_*":{"ignore":"summary"}}}`)
	runs := records(t, "tau_bench")
	checked := 0
	for _, c := range tauCases {
		for _, r := range runs["airline_gpt-4o@trial"+c.trial+".jsonl.gz"] {
			if r.ID != "tau-airline/"+c.id+"#trial"+c.trial {
				continue
			}
			checked++
			s := r.sample()
			for _, a := range r.Truth.Expected {
				s.Case.Steps = append(s.Case.Steps, eval.Step{Tool: a.Name, Args: a.Kwargs})
			}
			for _, made := range r.Truth.ToolCalls {
				s.Output.Steps = append(s.Output.Steps, eval.Step{Tool: made.Name, Args: json.RawMessage(made.Arguments)})
			}
			for name, want := range map[string]float64{"superset": c.superset, "in-order": c.inOrder, "unordered": c.exact, "f1": c.f1} {
				judge := map[string]eval.Judge{"superset": superset, "in-order": inOrder, "unordered": exact, "f1": f1}[name]
				if got := judge.Score(t.Context(), s); got.Status != eval.Scored || math.Abs(got.Value-want) > 1e-12 {
					t.Errorf("%s %s: %+v, want %v", r.ID, name, got, want)
				}
			}
			if got := lenient.Score(t.Context(), s); c.id == "38" && got.Value != 1 {
				t.Errorf("%s without the summary: %+v, want 1", r.ID, got)
			}
		}
	}
	if checked != len(tauCases) {
		t.Errorf("%d of %d trajectories were found", checked, len(tauCases))
	}
}

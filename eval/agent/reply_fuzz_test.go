package agent

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"holdtrue/eval"
	"holdtrue/eval/process"
	"holdtrue/eval/wire"
)

// FuzzReply: whatever an agent writes, it is either the answer to the question,
// in a form that can be stored and read back, or an error fit for a message.
func FuzzReply(f *testing.F) {
	for _, seed := range []string{"", "{}", `{"id":"a","output":"x"}`, `{"id":"a","output":null,"repeat":2}`, `{"id":"b","output":"x"}`,
		`{"id":"a","error":"\u001b[2J"}`, `{"id":"a","output":"\ud800"}`, "\x1b[31mTraceback", "\xff\xfe{", `{"id":"a","output":"x"} {}`,
		`{"id":"a","id":"a","output":"x"}`, `{"id":"a","output":"x","steps":[{"tool":"t","args":{"a":[1,2]}}]}`} {
		f.Add([]byte(seed))
	}
	a := &command{timeout: DefaultTimeout}
	f.Fuzz(func(t *testing.T, line []byte) {
		o, class, fault := a.judge(process.Reply{Line: line}, "a", 2)
		if fault != "" {
			text := class.err(fault)
			if Classify(text) != BadReply || len(text) > 3000 || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
				t.Fatalf("the error %q", text)
			}
			return
		}
		if o.CaseID != "a" || o.Repeat != 2 {
			t.Fatalf("an answer to %q, repeat %d, was taken for the one to a, repeat 2", o.CaseID, o.Repeat)
		}
		b, err := wire.AppendOutput(nil, &o)
		if err != nil {
			t.Fatalf("the output cannot be written: %v", err)
		}
		back, err := wire.DecodeOutput(b, eval.Pos{})
		if err != nil || back.Text != o.Text || back.Err != o.Err {
			t.Fatalf("the output cannot be read back: %v", err)
		}
	})
}

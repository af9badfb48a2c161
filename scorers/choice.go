package scorers

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"holdtrue/eval"
)

var choiceScorer = &eval.Scorer{
	Name: "choice",
	Doc: `1 if the output chooses the expected option of a multiple-choice question.

The option is a letter. It is read, in this order, from: an output that is the
letter alone; what stands in \boxed{}; the last "answer is X" or "answer: X"; the last
"choose X"; the last "option X"; the last letter in brackets, "(X)"; a letter at the
beginning of a line behind which a mark stands, "B. because"; the last capital
letter that stands alone. A letter behind "not" does not count, nor do A and I as
words of a sentence. Markdown emphasis is passed over. The expected answer is read
the same way. Of a model that thinks aloud, strip-thinking takes the thoughts off.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &choiceDefaults,
	Needs:   "expected",
	New:     withArgs(&choiceDefaults, newChoice),
}

type choiceArgs struct {
	Options string `json:"options" doc:"the letters of the options, in a row"`
}

var choiceDefaults = choiceArgs{Options: "ABCDE"}

func newChoice(args choiceArgs, _ string) (eval.Judge, error) {
	letters := strings.ToUpper(args.Options)
	if len(letters) < 2 || strings.Trim(letters, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return nil, errors.New("options: expected two letters of the English alphabet or more, such as ABCD")
	}
	for i, l := range letters {
		if strings.ContainsRune(letters[:i], l) {
			return nil, errors.New("options: " + string(l) + " stands twice")
		}
	}
	reader := newChoiceReader(letters)
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		if len(s.Case.Expected) == 0 {
			return eval.Skip(noExpected)
		}
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		got, start, ok := reader.read(s.Output.Text)
		wanted := ""
		for _, e := range s.Case.Expected {
			w, _, known := reader.read(e)
			if !known {
				continue
			}
			wanted = w
			if ok && got == w {
				return eval.Value(1, "", eval.Span{Start: start, End: start + 1})
			}
		}
		switch {
		case wanted == "":
			return eval.Skip("the expected answer names none of the options " + letters)
		case !ok:
			return eval.Value(0, "chooses none of the options "+letters)
		}
		return eval.Value(0, "chooses "+got+", expected "+wanted, eval.Span{Start: start, End: start + 1})
	}), nil
}

// choiceReader holds the ways to name an option, the surest first.
type choiceReader []*regexp.Regexp

func newChoiceReader(letters string) choiceReader {
	class := "[" + letters + "]"
	either := "[" + letters + strings.ToLower(letters) + "]"
	emphasis := `[*_\x60"'(\[{\s]*`
	var r choiceReader
	for _, p := range []string{
		`^[\s*_\x60"'(\[]*(%[2]s)[\s*_\x60"')\].:]*$`,
		`\\boxed\{\s*(?:\\text\{)?\(?(%[2]s)\b`,
		`(?im:answer\s*(?:is|:|would be|should be)\s*:?%[3]s(%[2]s)[*_)\].\s]*$)`,
		`(?i:answer\s*(?:is|:|would be|should be))\s*:?%[3]s(%[1]s)(?:[^A-Za-z']|$)`,
		`(?i:choose|pick|select)\s*:?%[3]s(%[1]s)(?:[^A-Za-z']|$)`,
		`(?i:option|choice)\s*:?%[3]s(%[1]s)(?:[^A-Za-z']|$)`,
		`\((%[1]s)\)`,
		`(?m)^[\s*_]*(%[1]s)[*_]*[.):](?:\s|$|[*_])`,
	} {
		r = append(r, regexp.MustCompile(fmt.Sprintf(p, class, either, emphasis)))
	}
	// Alone, A and I are words.
	alone := strings.NewReplacer("A", "", "I", "").Replace(letters)
	if alone != "" {
		r = append(r, regexp.MustCompile(`(?:^|[^A-Za-z0-9'])([`+alone+`])(?:[^A-Za-z0-9']|$)`))
	}
	return r
}

// read gives the option that a text names, upper case, and its place.
func (r choiceReader) read(s string) (letter string, at int, ok bool) {
	const far = 1 << 16 // a choice stands at the beginning or the end
	if len(s) > 2*far {
		if letter, at, ok := r.read(s[len(s)-far:]); ok {
			return letter, at + len(s) - far, true
		}
		s = s[:far]
	}
	for _, p := range r {
		all := p.FindAllStringSubmatchIndex(s, -1)
		for i := len(all) - 1; i >= 0; i-- {
			if m := all[i]; !denied(s[:m[2]]) {
				return strings.ToUpper(s[m[2]:m[3]]), m[2], true
			}
		}
	}
	return "", 0, false
}

// denied reports whether a text ends with a word of negation.
func denied(before string) bool {
	before = strings.ToLower(strings.TrimRight(tail(before, 16), " \t\n*_\"'([{"))
	return strings.HasSuffix(before, " not") || strings.HasSuffix(before, "n't") || strings.HasSuffix(before, "n’t")
}

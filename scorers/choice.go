package scorers

import (
	"context"
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"

	"holdtrue/eval"
)

var choiceScorer = &eval.Scorer{
	Name: "choice",
	Doc: `1 if the output chooses the expected option of a multiple-choice question.

The option is a letter. It is read, in this order, from: an output that is the
letter alone; what stands in \boxed{} or <answer></answer>; the last "answer is X",
"answer: X", "the best option is X" (also in Chinese, Japanese, German, French and
Spanish) or X alone below a heading "Answer"; the last "X is correct"; the last
"choose X"; the last "option X"; the last letter in brackets, "(X)"; a letter at the
beginning of a line behind which a mark stands, "B. because"; an output of one line
"b) Paris"; the last capital letter that stands alone. A letter behind "not" does not
count, nor do A and I as words of a sentence, nor, where another is named, one that
is named behind "since" or "because". Emphasis is passed over. The expected answer is read
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
type choiceReader []choiceForm

// choiceForm is a way to name an option, which group 1 of the pattern finds.
type choiceForm struct {
	pattern *regexp.Regexp
	article bool // A and I may be words here
	reasons bool // what stands behind "since" counts only if nothing else does
}

// choiceWords are what an answer is called and what stands between it and the letter.
const choiceWords = `(?:(?i:answer|choice|option)[*_\x60"']*\s*(?i:is|:|：|would be|should be)(?i:\s+(?:therefore|thus|hence|then|clearly|indeed|probably|likely|option|choice|letter))*` +
	`|(?i:antwort|réponse|respuesta)[*_]*\s*(?i:ist|est|es|:)|(?:答案|正解|答え)[*_]*\s*(?:应该是|是|为|は|:|：))`

func newChoiceReader(letters string) choiceReader {
	class := "[" + letters + "]"
	either := "[" + letters + strings.ToLower(letters) + "]"
	emphasis := `[*_\x60"'(\[{\s]*`
	var r choiceReader
	add := func(article, reasons bool, patterns ...string) {
		for _, p := range patterns {
			p = strings.NewReplacer("UPPER", class, "EITHER", either, "MARKS", emphasis, "CALLED", choiceWords, "ALONE", `(?:[^A-Za-z']|$)`).Replace(p)
			r = append(r, choiceForm{regexp.MustCompile(p), article, reasons})
		}
	}
	add(false, false,
		`^[\s*_\x60"'(\[]*(EITHER)[\s*_\x60"')\].:]*$`,
		`\\boxed\{\s*(?:\\text\{)?\(?(EITHER)\b`,
		`(?i:<answer>)MARKS(EITHER)[*_\x60"')\]}.\s]*(?i:</answer>)`,
		`(?m:CALLED\s*:?MARKS(EITHER)[*_)\].\s]*$)`)
	add(true, false, `CALLED\s*:?MARKS(UPPER)ALONE`)
	add(false, false,
		`(?m:^[#\s*_]*(?i:(?:the |my )?(?:final |correct )?answer)[*_:]*\n[\s*_(]*(UPPER)[*_).\s]*$)`,
		`(?:^|[\n.!?:,;]\s*|(?i:option|choice|answer|letter|that|so|therefore|thus|hence|think|believe)\s+)[*_(\[]*(UPPER)[*_)\]]*\s+is\s+(?:the\s+)?(?:correct|right|best|answer)\b`)
	add(true, false, `(?i:choose|pick|select)\s*:?MARKS(UPPER)ALONE`)
	add(false, true, `(?i:option|choice)\s*:?MARKS(UPPER)ALONE`, `\((UPPER)\)`)
	add(false, false,
		`(?m)^[\s*_]*(UPPER)[*_]*[.):](?:\s|$|[*_])`,
		`^[\s*_]*\(?(EITHER)\)[*_]*[ \t][^\n]*\s*$`)
	// Alone, A and I are words.
	alone := strings.NewReplacer("A", "", "I", "").Replace(letters)
	if alone != "" {
		add(false, true, `(?:^|[^A-Za-z0-9'])([`+alone+`])ALONE`)
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
	for _, form := range r {
		if at, ok := form.find(s); ok {
			return strings.ToUpper(s[at : at+1]), at, true
		}
	}
	return "", 0, false
}

// find gives the place of the last letter that counts.
func (f choiceForm) find(s string) (at int, ok bool) {
	all := f.pattern.FindAllStringSubmatchIndex(s, -1)
	for i := len(all) - 1; i >= 0; i-- {
		m := all[i][2]
		if denied(s[:m]) || f.article && article(s[m:]) {
			continue
		}
		if !f.reasons || !givesReason(s[:m]) {
			return m, true
		}
		if !ok {
			at, ok = m, true
		}
	}
	return at, ok
}

// article reports whether a text begins with A or I as a word of a sentence: a
// small word follows that does not speak of a letter.
func article(s string) bool {
	if s[0] != 'A' && s[0] != 'I' || len(s) < 3 || s[1] != ' ' || s[2] < 'a' || s[2] > 'z' {
		return false
	}
	word := strings.TrimRight(strings.Fields(s[:min(len(s), 32)])[1], ",.;:")
	return !slices.Contains(strings.Fields("as and because but for if is not or over since so when where which while with"), word)
}

var reasonWords = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\S\s+(?:since|because|whereas|unlike)\s[^.!?\n]*$`)
})

// givesReason reports whether a text ends within the reason of its last sentence.
func givesReason(before string) bool { return reasonWords().MatchString(tail(before, 400)) }

// denied reports whether a text ends with a word of negation.
func denied(before string) bool {
	before = strings.ToLower(strings.TrimRight(tail(before, 16), " \t\n*_\"'([{"))
	return strings.HasSuffix(before, " not") || strings.HasSuffix(before, "n't") || strings.HasSuffix(before, "n’t")
}

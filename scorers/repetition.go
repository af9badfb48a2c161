package scorers

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"holdtrue/eval"
	"holdtrue/scorers/text"
)

var repetitionScorer = &eval.Scorer{
	Name: "repetition",
	Doc: `the share of the output's words that repeat, for which lower is better.

A word repeats if it ends a run of n words that stood in the output before, as in
a model that has fallen into a loop: rep-n of Welleck et al. 2020. 0 is a text without
such a run, near 1 a text that says one thing over and over. Of texts without
blanks between words every character is one. Outputs of fewer than n words score
0.`,
	Version: "1",
	Scale:   eval.Unit,
	Better:  eval.Lower,
	Args:    &repetitionDefaults,
	New:     withArgs(&repetitionDefaults, newRepetition),
}

type repetitionArgs struct {
	N int `json:"n" doc:"the length of a run in words, from 1 to 16"`
}

var repetitionDefaults = repetitionArgs{N: 4}

func newRepetition(args repetitionArgs, _ string) (eval.Judge, error) {
	if args.N < 1 || args.N > 16 {
		return nil, fmt.Errorf("n: expected a whole number from 1 to 16")
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		words := outputWords(s, unicodeWords)
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		runs := len(words) - args.N + 1
		if runs < 2 {
			return eval.Value(0, "")
		}
		distinct := text.DistinctRuns(words, args.N)
		again := runs - distinct
		reason := ""
		if again > 0 {
			reason = fmt.Sprintf("%d of %s of %d words stood there before", again, count(runs, "run"), args.N)
		}
		return eval.Value(float64(again)/float64(runs), reason)
	}), nil
}

var truncatedScorer = &eval.Scorer{
	Name: "truncated",
	Doc: `1 if the output looks cut off, for which lower is better.

It does if a code fence is open at its end, if a bracket of its last paragraph is
open (in code, smileys and half-open intervals brackets need no partner), or if its last line is prose of five words or more that ends without a mark
that ends a sentence, a closing bracket, a quotation mark or an emoji: it ends with
a letter, a comma, or a hyphen. Lists, headings, tables and code end as they like.
An output that holds one JSON value is cut off if the value is not complete.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Lower,
	New: func(setup eval.Setup) (eval.Judge, error) {
		if err := knownArgs(setup.Args, nil); err != nil {
			return nil, err
		}
		return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
			if ctx.Err() != nil {
				return stopped(ctx)
			}
			reason := cutOff(ctx, s.Output.Text)
			return eval.Pass(reason != "", reason)
		}), nil
	},
}

// cutOff says why an output looks cut off, or nothing.
func cutOff(ctx context.Context, out string) string {
	out = strings.ReplaceAll(strings.TrimRightFunc(out, unicode.IsSpace), "\r\n", "\n")
	if out == "" {
		return ""
	}
	fs := fences(out)
	if n := len(fs); n > 0 {
		if !fs[n-1].closed {
			return "a code fence is not closed"
		}
		if strings.HasSuffix(out, "```") || strings.HasSuffix(out, "~~~") {
			return ""
		}
	}
	if start := strings.TrimSpace(out); start[0] == '{' || start[0] == '[' && !strings.Contains(cut(start, 200), "](") {
		err := wellFormedJSON(ctx, start)
		if err != nil && strings.Contains(err.Error(), "unexpected EOF") {
			return "the JSON value is not complete"
		}
		if err == nil {
			return ""
		}
	}
	last := tail(out, 1<<14)
	if i := strings.LastIndex(last, "\n\n"); i >= 0 {
		last = last[i+2:]
	}
	if b := openBracket(last); b != 0 {
		return fmt.Sprintf("%q is not closed", b)
	}
	if i := strings.LastIndexByte(last, '\n'); i >= 0 {
		last = last[i+1:]
	}
	return endsInMidSentence(last)
}

// alone are the brackets that need no partner: those in code, of smileys, and of
// intervals that one end belongs to.
var alone = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile("`[^`\n]*`|(?:^|\\s)[:;=][-^']?[(\\[{](?:\\s|$)|[\\[(][^()\\[\\]{},;]*[,;][^()\\[\\]{},;]*[)\\]]")
})

// openBracket gives the last bracket that is not closed. What closes nothing is
// no fault: smileys and lists "a)" have it.
func openBracket(s string) rune {
	if !strings.ContainsAny(s, "([{") {
		return 0
	}
	closing := map[rune]rune{'(': ')', '[': ']', '{': '}'}
	s = alone().ReplaceAllString(s, "")
	var open []rune
	for _, r := range s {
		switch r {
		case '(', '[', '{':
			open = append(open, r)
		case ')', ']', '}':
			if n := len(open); n > 0 && closing[open[n-1]] == r {
				open = open[:n-1]
			}
		}
	}
	if len(open) == 0 {
		return 0
	}
	return open[len(open)-1]
}

func endsInMidSentence(line string) string {
	line = strings.TrimSpace(line)
	first, _ := utf8.DecodeRuneInString(line)
	if strings.ContainsRune("#*-+•|>`", first) || unicode.IsDigit(first) || !hasWords(line, 5) {
		return ""
	}
	if last := line[strings.LastIndexAny(line, " \t")+1:]; strings.ContainsAny(last, "@") || strings.Contains(last, "://") || strings.HasPrefix(last, "www.") {
		return ""
	}
	bare := strings.TrimRight(line, "*_")
	r, _ := utf8.DecodeLastRuneInString(bare)
	if (unicode.IsLetter(r) || r == ',' || r == '-' || r == ';') && bare == line {
		return "ends in mid-sentence: " + quote(tail(line, 40))
	}
	return ""
}

// hasWords reports whether a text has n words between blanks, or more.
func hasWords(s string, n int) bool {
	for range strings.FieldsSeq(s) {
		if n--; n == 0 {
			return true
		}
	}
	return false
}

package scorers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"regexp/syntax"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"holdtrue/eval"
)

var regexScorer = &eval.Scorer{
	Name: "regex",
	Doc: `1 if the pattern matches somewhere in the output.

The syntax is RE2 (Go's regexp), which takes time linear in the output whatever
the pattern; it has no lookaround and no backreferences. (?i) at the start
ignores case, (?s) lets . match a newline, (?m) lets ^ and $ match at lines. With
engine: js patterns are those of JavaScript, with both; they may take exponential
time, so that a match ends after timeout_ms and the score has failed then.
With group, the text of that group in the first match must equal one of the
case's expected answers, white space at the ends apart.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &regexDefaults,
	New:     withArgs(&regexDefaults, newRegex),
}

type regexArgs struct {
	Pattern string `json:"pattern" doc:"the regular expression, in RE2 syntax; required"`
	Whole   bool   `json:"whole" doc:"the pattern must match the whole output, not a part of it"`
	Engine  string `json:"engine" oneof:"re2 js" doc:"whose patterns: Go's or JavaScript's"`
	Flags   string `json:"flags,omitzero" doc:"with engine: js, its flags i, m and s"`
	Timeout int    `json:"timeout_ms" doc:"with engine: js, the longest a match may take, in milliseconds"`
	Group   string `json:"group,omitzero" doc:"number or name of a group whose text must equal an expected answer"`
}

var regexDefaults = regexArgs{Engine: "re2", Timeout: 1000}

func newRegex(args regexArgs, _ string) (eval.Judge, error) {
	if args.Pattern == "" {
		return nil, &eval.InputError{Msg: "the argument pattern is missing", Hint: `write {regex: {pattern: '\d+ days'}}`}
	}
	if args.Engine == "js" {
		return newRegexJS(args)
	}
	if args.Flags != "" {
		return nil, &eval.InputError{Msg: "flags belong to engine: js", Hint: "write (?" + args.Flags + ") at the start of the pattern"}
	}
	if _, err := regexp.Compile(args.Pattern); err != nil {
		return nil, explainPattern(args.Pattern, err)
	}
	pattern := args.Pattern
	if args.Whole {
		pattern = `\A(?:` + pattern + `)\z`
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, explainPattern(args.Pattern, err)
	}
	j := regexJudge{find: re2Finder(re, args.Group != ""), whole: args.Whole, group: -1}
	if args.Group != "" {
		if j.group, err = groupIndex(re, args.Group); err != nil {
			return nil, err
		}
	}
	return j, nil
}

// groupIndex finds a group by number or name.
func groupIndex(re *regexp.Regexp, group string) (int, error) {
	if i := re.SubexpIndex(group); i >= 0 {
		return i, nil
	}
	if i, err := strconv.Atoi(group); err == nil && i >= 0 && i <= re.NumSubexp() {
		return i, nil
	}
	names := slices.DeleteFunc(re.SubexpNames(), func(n string) bool { return n == "" })
	known := fmt.Sprintf("the pattern has %s", count(re.NumSubexp(), "group"))
	if len(names) > 0 {
		known += ", named " + strings.Join(names, ", ")
	}
	return 0, fmt.Errorf("group: no group %q; %s", group, known)
}

// explainPattern says which construct RE2 refuses and what to write instead.
func explainPattern(pattern string, err error) error {
	e := &eval.InputError{Msg: "pattern: " + err.Error(), Hint: "patterns are RE2: https://github.com/google/re2/wiki/Syntax"}
	var at *syntax.Error
	if !errors.As(err, &at) {
		return e
	}
	e.Msg = fmt.Sprintf("pattern: %s: %s in %s", at.Code, quote(at.Expr), quote(pattern))
	switch {
	case strings.HasPrefix(at.Expr, "(?=") || strings.HasPrefix(at.Expr, "(?!") || strings.HasPrefix(at.Expr, "(?<"):
		e.Hint = "RE2 has no lookahead or lookbehind: match the context too, use a second metric (not-regex), or write engine: js"
	case at.Code == syntax.ErrInvalidEscape && len(at.Expr) == 2 && at.Expr[1] >= '1' && at.Expr[1] <= '9':
		e.Hint = "RE2 has no backreferences: write the repeated part again, or engine: js"
	case at.Code == syntax.ErrInvalidEscape && strings.HasPrefix(at.Expr, `\u`):
		e.Hint = `write \x{0041} for the code point U+0041`
	case at.Code == syntax.ErrInvalidRepeatSize:
		e.Hint = "RE2 repeats at most 1000 times: write {1000,} without an end, or nest two repeats"
	case at.Code == syntax.ErrInvalidRepeatOp:
		e.Hint = "RE2 has no possessive quantifiers: it never backtracks, so write a+ for a++"
	}
	return e
}

type regexJudge struct {
	// find gives the byte offsets of the first match and its groups, or nil.
	find  func(ctx context.Context, out string) ([]int, error)
	whole bool
	group int // -1: any match will do
}

// readInPieces is the length in bytes over which the output is fed to the
// pattern through a reader that looks at the context.
const readInPieces = 1 << 20

func re2Finder(re *regexp.Regexp, groups bool) func(context.Context, string) ([]int, error) {
	return func(ctx context.Context, out string) (at []int, err error) {
		switch {
		case len(out) > readInPieces:
			at = re.FindReaderSubmatchIndex(&stoppable{ctx: ctx, s: out})
			return at, ctx.Err()
		case groups:
			return re.FindStringSubmatchIndex(out), nil
		}
		return re.FindStringIndex(out), nil
	}
}

func (j regexJudge) Score(ctx context.Context, s *eval.Sample) eval.Score {
	if j.group >= 0 && len(s.Case.Expected) == 0 {
		return eval.Skip(noExpected)
	}
	out := s.Output.Text
	at, err := j.find(ctx, out)
	if ctx.Err() != nil {
		return stopped(ctx)
	}
	if err != nil {
		return eval.Fail(clean(err.Error()))
	}
	if at == nil {
		if j.whole {
			return eval.Value(0, "the pattern does not match the whole output")
		}
		return eval.Value(0, "the pattern does not match")
	}
	if j.group < 0 {
		return eval.Value(1, "", eval.Span{Start: at[0], End: at[1]})
	}
	start, end := at[2*j.group], at[2*j.group+1]
	if start < 0 {
		return eval.Value(0, "the group takes no part in the match", eval.Span{Start: at[0], End: at[1]})
	}
	got, span := strings.TrimSpace(out[start:end]), eval.Span{Start: start, End: end}
	for _, e := range s.Case.Expected {
		if strings.TrimSpace(e) == got {
			return eval.Value(1, "", span)
		}
	}
	return eval.Value(0, "the group is "+quote(got)+", expected "+quote(s.Case.Expected[0]), span)
}

// stoppable reads a string rune by rune until its context ends.
type stoppable struct {
	ctx context.Context
	s   string
	i   int
	n   int
}

func (r *stoppable) ReadRune() (rune, int, error) {
	if r.n++; r.n%(1<<16) == 0 && r.ctx.Err() != nil || r.i >= len(r.s) {
		return 0, 0, io.EOF
	}
	c, size := utf8.DecodeRuneInString(r.s[r.i:])
	r.i += size
	return c, size, nil
}

var regexCountScorer = &eval.Scorer{
	Name: "regex-count",
	Doc: `1 if the pattern matches so many times: at least min, at most max.

Matches do not overlap. The syntax is RE2, as in regex.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &regexCountDefaults,
	New:     withArgs(&regexCountDefaults, newRegexCount),
}

type regexCountArgs struct {
	Pattern string `json:"pattern" doc:"the regular expression, in RE2 syntax; required"`
	Min     *int   `json:"min,omitzero" doc:"the least number that passes"`
	Max     *int   `json:"max,omitzero" doc:"the greatest number that passes"`
}

var regexCountDefaults = regexCountArgs{}

func newRegexCount(args regexCountArgs, _ string) (eval.Judge, error) {
	limits := bounds{args.Min, args.Max}
	if err := limits.check(true, `{regex-count: {pattern: 'TCK-\d+', min: 1}}`); err != nil {
		return nil, err
	}
	if args.Pattern == "" {
		return nil, &eval.InputError{Msg: "the argument pattern is missing", Hint: `write {regex-count: {pattern: 'TCK-\d+', min: 1}}`}
	}
	re, err := regexp.Compile(args.Pattern)
	if err != nil {
		return nil, explainPattern(args.Pattern, err)
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		n := 0
		eachMatch(re, s.Output.Text, func(string) { n++ })
		return limits.hold(n, "match")
	}), nil
}

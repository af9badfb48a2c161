package scorers

import (
	"context"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"holdtrue/eval"
)

var letterCaseScorer = &eval.Scorer{
	Name: "letter-case",
	Doc: `1 if every letter of the output is in the wanted case.

Letters of scripts without case do not count; there must be one with.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &letterCaseDefaults,
	New:     withArgs(&letterCaseDefaults, newLetterCase),
}

type letterCaseArgs struct {
	Case string `json:"case" oneof:"lower upper" doc:"the case of the letters"`
}

var letterCaseDefaults = letterCaseArgs{Case: "lower"}

func newLetterCase(args letterCaseArgs, _ string) (eval.Judge, error) {
	wanted, other := unicode.IsLower, func(r rune) bool { return unicode.IsUpper(r) || unicode.IsTitle(r) }
	if args.Case == "upper" {
		wanted, other = unicode.IsUpper, func(r rune) bool { return unicode.IsLower(r) || unicode.IsTitle(r) }
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		out := s.Output.Text
		if i := strings.IndexFunc(out, other); i >= 0 {
			end := i + strings.IndexFunc(out[i:]+" ", unicode.IsSpace)
			return eval.Value(0, quote(cut(out[i:], 20))+" is not in "+args.Case+" case", eval.Span{Start: i, End: min(end, len(out))})
		}
		if !strings.ContainsFunc(out, wanted) {
			return eval.Value(0, "no letter with a case")
		}
		return eval.Value(1, "")
	}), nil
}

var quotedScorer = &eval.Scorer{
	Name: "quoted",
	Doc: `1 if quotation marks surround the whole output.

The marks are those of the argument marks, an opening and a closing one in turn;
white space around them is passed over.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &quotedDefaults,
	New:     withArgs(&quotedDefaults, newQuoted),
}

type quotedArgs struct {
	Marks string `json:"marks" doc:"opening and closing marks in turn"`
}

var quotedDefaults = quotedArgs{Marks: `""“”„“«»「」『』`}

func newQuoted(args quotedArgs, _ string) (eval.Judge, error) {
	marks := []rune(args.Marks)
	if len(marks) == 0 || len(marks)%2 != 0 {
		return nil, &eval.InputError{Msg: "marks: expected an opening and a closing mark in turn", Hint: `write {quoted: {marks: '""'}}`}
	}
	return eval.JudgeFunc(func(_ context.Context, s *eval.Sample) eval.Score {
		out := strings.TrimSpace(s.Output.Text)
		for i := 0; i < len(marks); i += 2 {
			opening, closing := string(marks[i]), string(marks[i+1])
			if len(out) >= len(opening)+len(closing) && strings.HasPrefix(out, opening) && strings.HasSuffix(out, closing) {
				return eval.Value(1, "")
			}
		}
		return eval.Value(0, "no quotation marks around "+quote(out))
	}), nil
}

var postscriptScorer = &eval.Scorer{
	Name: "postscript",
	Doc: `1 if the output has a postscript: its marker and text behind it.

The marker is met in upper or lower case, and with or without blanks between its
letters and points: "p. s." is "P.S.". It may stand anywhere, at the beginning of a
line or not, but not at the end of a word, as in "the map. S. America". The text behind
it is at least one character that is neither white space nor punctuation; with
text: allow there may be none.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &postscriptDefaults,
	New:     withArgs(&postscriptDefaults, newPostscript),
}

type postscriptArgs struct {
	Marker string `json:"marker" doc:"what begins the postscript"`
	Text   string `json:"text" oneof:"require allow" doc:"whether text must stand behind the marker"`
}

var postscriptDefaults = postscriptArgs{Marker: "P.S.", Text: "require"}

func newPostscript(args postscriptArgs, _ string) (eval.Judge, error) {
	var pattern strings.Builder
	for i, r := range strings.TrimSpace(args.Marker) {
		if i > 0 && r != '.' {
			pattern.WriteString(`\s?`)
		}
		pattern.WriteString(regexp.QuoteMeta(string(r)))
	}
	if pattern.Len() == 0 {
		return nil, &eval.InputError{Msg: "marker: expected a text", Hint: `write {postscript: {marker: "P.S."}}`}
	}
	before := `(?:^|[^\pL\pN])`
	if first, _ := utf8.DecodeRuneInString(strings.TrimSpace(args.Marker)); !unicode.In(first, unicode.Latin, unicode.Cyrillic, unicode.Greek) {
		before = "" // a sign, or a letter of a script without blanks
	}
	behind, wanted := `.*[^\s\pP]`, "no "+quote(args.Marker)+" with text behind it"
	if args.Text == "allow" {
		behind, wanted = "", "no "+quote(args.Marker)
	}
	p, err := regexp.Compile(`(?is)` + before + `(` + pattern.String() + `)` + behind)
	if err != nil {
		return nil, err
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		if at := p.FindStringSubmatchIndex(s.Output.Text); at != nil {
			return eval.Value(1, "", eval.Span{Start: at[2], End: at[3]})
		}
		return eval.Value(0, wanted)
	}), nil
}

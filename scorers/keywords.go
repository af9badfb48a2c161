package scorers

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"holdtrue/eval"
)

var keywordsScorer = &eval.Scorer{
	Name: "keywords",
	Doc: `1 if every one of the words occurs often enough, and not too often.

Each must occur at least min and at most max times: max: 0 forbids them. A word is
met as a whole, in upper or lower case, or with match: part inside of others; where
it begins or ends with a letter of a script without blanks, such as Japanese, a part
is always enough. Occurrences do not overlap.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &keywordsDefaults,
	New:     withArgs(&keywordsDefaults, newKeywords),
}

type keywordsArgs struct {
	Words         list   `json:"words" doc:"the words or phrases; required"`
	Min           *int   `json:"min,omitzero" doc:"the least number of times that each must occur; 1 where max is absent too"`
	Max           *int   `json:"max,omitzero" doc:"the greatest number of times that each may occur"`
	Match         string `json:"match" oneof:"word part" doc:"whether a word must stand for itself"`
	CaseSensitive bool   `json:"case_sensitive" doc:"upper and lower case differ"`
}

var keywordsDefaults = keywordsArgs{Match: "word"}

func newKeywords(args keywordsArgs, _ string) (eval.Judge, error) {
	if len(filled(args.Words)) != len(args.Words) || len(args.Words) == 0 {
		return nil, &eval.InputError{Msg: "words: expected words that are not blank", Hint: "write {keywords: {words: [refund, days]}}"}
	}
	limits := bounds{args.Min, args.Max}
	if args.Min == nil && args.Max == nil {
		once := 1
		limits.min = &once
	}
	if err := limits.check(false, ""); err != nil {
		return nil, err
	}
	patterns := make([]*regexp.Regexp, len(args.Words))
	for i, w := range args.Words {
		p, err := wordPattern(w, args.Match == "word", args.CaseSensitive)
		if err != nil {
			return nil, err
		}
		patterns[i] = p
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		var evidence []eval.Span
		for i, p := range patterns {
			if ctx.Err() != nil {
				return stopped(ctx)
			}
			n, first := occurrences(p, s.Output.Text)
			if n > 0 && len(evidence) < 20 {
				evidence = append(evidence, first)
			}
			if score := limits.hold(n, "time"); score.Value == 0 {
				return eval.Value(0, quote(args.Words[i])+" occurs "+score.Reason, evidence...)
			}
		}
		return eval.Value(1, "", evidence...)
	}), nil
}

// occurrences counts the matches of group 1. The character behind one word may
// be the one before the next.
func occurrences(p *regexp.Regexp, s string) (n int, first eval.Span) {
	for from := 0; from <= len(s); {
		m := p.FindStringSubmatchIndex(s[from:])
		if m == nil {
			break
		}
		if n == 0 {
			first = eval.Span{Start: m[2], End: m[3]}
		}
		n++
		from += m[3]
	}
	return n, first
}

// wordPattern finds a word or phrase, group 1. RE2's \b knows ASCII letters only.
func wordPattern(w string, whole, caseSensitive bool) (*regexp.Regexp, error) {
	const letter = `[\p{Latin}\p{Cyrillic}\p{Greek}\p{Hebrew}\p{Arabic}\p{Hangul}\p{M}\pN_]`
	edge := regexp.MustCompile(`^` + letter + `$`)
	before, after := "", ""
	if whole {
		runes := []rune(w)
		if edge.MatchString(string(runes[0])) {
			before = `(?:^|[^\p{Latin}\p{Cyrillic}\p{Greek}\p{Hebrew}\p{Arabic}\p{Hangul}\p{M}\pN_])`
		}
		if edge.MatchString(string(runes[len(runes)-1])) {
			after = `(?:$|[^\p{Latin}\p{Cyrillic}\p{Greek}\p{Hebrew}\p{Arabic}\p{Hangul}\p{M}\pN_])`
		}
	}
	flags := "(?s)"
	if !caseSensitive {
		flags = "(?si)"
	}
	p, err := regexp.Compile(flags + before + "(" + strings.Join(strings.Fields(regexp.QuoteMeta(w)), `\s+`) + ")" + after)
	if err != nil {
		return nil, errors.New("words: " + err.Error())
	}
	return p, nil
}

var charactersScorer = &eval.Scorer{
	Name: "characters",
	Doc: `1 if certain characters occur often enough, and not too often.

Counted are the characters of the argument of, or those of a Unicode script or
category ("Hiragana", "Han", "Nd"). max: 0 forbids them. Upper and lower case are
the same unless case_sensitive is true.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &charactersDefaults,
	New:     withArgs(&charactersDefaults, newCharacters),
}

type charactersArgs struct {
	Of            string `json:"of,omitzero" doc:"the characters, in a row"`
	Class         string `json:"class,omitzero" doc:"a script or category of Unicode, instead of the characters"`
	Min           *int   `json:"min,omitzero" doc:"the least number that passes"`
	Max           *int   `json:"max,omitzero" doc:"the greatest number that passes"`
	CaseSensitive bool   `json:"case_sensitive" doc:"upper and lower case differ"`
}

var charactersDefaults = charactersArgs{}

func newCharacters(args charactersArgs, _ string) (eval.Judge, error) {
	limits := bounds{args.Min, args.Max}
	if err := limits.check(true, `{characters: {of: ",", max: 0}}`); err != nil {
		return nil, err
	}
	if (args.Of == "") == (args.Class == "") {
		return nil, &eval.InputError{Msg: "one of the arguments of and class is needed", Hint: `write {characters: {of: ",", max: 0}}`}
	}
	class := "[" + regexp.QuoteMeta(args.Of) + "]"
	if args.Of != "" {
		class = strings.ReplaceAll(class, "-", `\-`)
	} else {
		class = `\p{` + args.Class + `}`
	}
	if !args.CaseSensitive && args.Of != "" {
		class = "(?i)" + class
	}
	p, err := regexp.Compile(class)
	if err != nil {
		return nil, fmt.Errorf("class: there is no script or category %q in Unicode; known are Latin, Han, Hiragana, Cyrillic, L, Lu, Nd, P and others", args.Class)
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		return limits.hold(countRunes(p, s.Output.Text), "such character")
	}), nil
}

// countRunes counts the characters that a pattern for one matches. Each is tried once.
func countRunes(p *regexp.Regexp, s string) (n int) {
	known := map[rune]bool{}
	for _, r := range s {
		matches, ok := known[r]
		if !ok {
			matches = p.MatchString(string(r))
			known[r] = matches
		}
		if matches {
			n++
		}
	}
	return n
}

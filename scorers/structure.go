package scorers

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"holdtrue/eval"
)

var structureScorer = &eval.Scorer{
	Name: "structure",
	Doc: `1 if the output has so many elements of a kind: at least min, at most max.

bullets: lines that begin with one of marks (not twice, as ** or a rule does); numbered: lines
that begin with a number and a point or bracket; headings: lines that begin with one
to six #; paragraphs: what empty lines, or the argument separator, divide; sections:
places where the separator stands with a number behind it, "SECTION 1"; highlights:
text between asterisks; placeholders: text in square brackets; titles: text in
<<double angular brackets>>; code: closed code fences; tables: rows of dashes under
a row of a markdown table; capitals: words all in capital letters; links: URLs.
With distinct, no two paragraphs or responses may be the same.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &structureDefaults,
	New:     withArgs(&structureDefaults, newStructure),
}

type structureArgs struct {
	Element   string `json:"element" oneof:"bullets numbered headings paragraphs sections highlights placeholders titles code tables capitals links" doc:"what is counted"`
	Min       *int   `json:"min,omitzero" doc:"the least number that passes"`
	Max       *int   `json:"max,omitzero" doc:"the greatest number that passes"`
	Separator string `json:"separator,omitzero" doc:"of paragraphs: what divides them, instead of empty lines; of sections: the word before the number"`
	Marks     string `json:"marks" doc:"what bullets begin with, in a row"`
	Distinct  bool   `json:"distinct" doc:"no two paragraphs may be the same"`
}

var structureDefaults = structureArgs{Element: "bullets", Marks: "*-+•・"}

func newStructure(args structureArgs, _ string) (eval.Judge, error) {
	limits := bounds{args.Min, args.Max}
	if err := limits.check(!args.Distinct, "{structure: {element: bullets, min: 3, max: 5}}"); err != nil {
		return nil, err
	}
	number, err := counter(args)
	if err != nil {
		return nil, err
	}
	noun := strings.TrimSuffix(args.Element, "s")
	if args.Element == "code" {
		noun = "code fence"
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		if args.Distinct {
			parts := paragraphs(s.Output.Text, args.Separator)
			slices.Sort(parts)
			if len(slices.Compact(parts)) < number(s.Output.Text) {
				return eval.Value(0, "two paragraphs are the same")
			}
		}
		n := number(s.Output.Text)
		if n < 0 {
			return eval.Value(0, "an empty paragraph between two separators")
		}
		return limits.hold(n, noun)
	}), nil
}

// patterns of the elements that a line or a stretch shows by itself.
var elementPatterns = sync.OnceValue(func() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"numbered":     regexp.MustCompile(`(?m)^\s*\pN+[.)．）、]\s*\S`),
		"headings":     regexp.MustCompile(`(?m)^ {0,3}#{1,6}(?:[ \t]|$)`),
		"placeholders": regexp.MustCompile(`\[[^\]\n]*\]`),
		"titles":       regexp.MustCompile(`<<[^\n<>]*[^\s<>][^\n<>]*>>`),
		"tables":       regexp.MustCompile(`(?m)^[ \t]*\|?[ \t]*:?-{3,}:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)+\|?[ \t]*$`),
		"links":        regexp.MustCompile(`(?:https?://|www\.)[^\s<>"')\]]+`),
		"highlights":   regexp.MustCompile(`\*\*[^\n*]*\*\*|\*[^\n*]*\*`),
		"capitals":     regexp.MustCompile(`[\pL\pN][\pL\pN'’.-]*`),
	}
})

// counter gives the function that counts the elements; below 0 something that
// must not be.
func counter(args structureArgs) (func(string) int, error) {
	switch args.Element {
	case "paragraphs":
		return func(s string) int {
			if args.Separator != "" && emptyBetween(s, args.Separator) {
				return -1
			}
			return len(paragraphs(s, args.Separator))
		}, nil
	case "sections":
		if args.Separator == "" {
			return nil, &eval.InputError{Msg: "sections need a separator", Hint: "write {structure: {element: sections, separator: SECTION, min: 3}}"}
		}
		p, err := regexp.Compile(`\s?` + regexp.QuoteMeta(args.Separator) + `\s?\d+\s?`)
		if err != nil {
			return nil, fmt.Errorf("separator: %w", err)
		}
		return func(s string) int { return len(p.FindAllStringIndex(s, -1)) }, nil
	case "bullets":
		return bullets(args.Marks)
	case "highlights":
		return highlights, nil
	case "capitals":
		return capitals, nil
	case "code":
		return func(s string) (n int) {
			for _, f := range fences(s) {
				if f.closed {
					n++
				}
			}
			return n
		}, nil
	}
	p := elementPatterns()[args.Element]
	return func(s string) int { return len(p.FindAllStringIndex(s, -1)) }, nil
}

// bullets counts the lines that begin with a mark that is not doubled, except
// for "-", which is doubled only by a rule of three.
func bullets(marks string) (func(string) int, error) {
	if strings.TrimSpace(marks) == "" {
		return nil, fmt.Errorf("marks: expected the characters that bullets begin with")
	}
	return func(s string) (n int) {
		for line := range strings.SplitSeq(s, "\n") {
			line = strings.TrimSpace(line)
			r, size := utf8.DecodeRuneInString(line)
			if size > 0 && strings.ContainsRune(marks, r) && (r == '-' || !strings.HasPrefix(line[size:], line[:size])) && strings.Trim(line, "- ") != "" {
				n++
			}
		}
		return n
	}, nil
}

// highlights counts the stretches between asterisks that are not blank; what
// stands between two asterisks counts once more as what stands between one, as
// IFEval's checker has it.
func highlights(s string) (n int) {
	for _, m := range elementPatterns()["highlights"].FindAllString(s, -1) {
		if strings.Trim(m, "* \t\r") != "" {
			n++
		}
	}
	return n
}

// capitals counts the words with letters of which none is small.
func capitals(s string) (n int) {
	for _, w := range elementPatterns()["capitals"].FindAllString(s, -1) {
		cased := false
		small := strings.ContainsFunc(w, func(r rune) bool {
			cased = cased || unicode.IsUpper(r)
			return unicode.IsLower(r)
		})
		if cased && !small {
			n++
		}
	}
	return n
}

// paragraphs divides a text at empty lines, or at the separator, and drops the
// parts that are blank.
func paragraphs(s, separator string) []string {
	if separator != "" {
		return filled(strings.Split(s, separator))
	}
	var parts, under []string
	for line := range strings.SplitSeq(s, "\n") {
		if strings.TrimSpace(line) != "" {
			under = append(under, line)
		} else if len(under) > 0 {
			parts, under = append(parts, strings.Join(under, "\n")), nil
		}
	}
	if len(under) > 0 {
		parts = append(parts, strings.Join(under, "\n"))
	}
	return parts
}

// emptyBetween reports whether nothing stands between two separators.
func emptyBetween(s, separator string) bool {
	parts := strings.Split(s, separator)
	for i := 1; i < len(parts)-1; i++ {
		if strings.TrimSpace(parts[i]) == "" {
			return true
		}
	}
	return false
}

// filled keeps the texts that are not blank, trimmed.
func filled(texts []string) (kept []string) {
	for _, t := range texts {
		if t = strings.TrimSpace(t); t != "" {
			kept = append(kept, t)
		}
	}
	return kept
}

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
)

var structureScorer = &eval.Scorer{
	Name: "structure",
	Doc: `1 if the output has so many elements of a kind: at least min, at most max.

bullets: lines that begin with one of marks (not twice, as ** or a rule does); numbered: lines
that begin with a number and a point or bracket; lists: lines of either kind; headings: lines that begin with one
to six #; paragraphs: what empty lines, or the argument separator, divide; sections:
places where the separator stands with a number behind it, "SECTION 1"; highlights:
text between asterisks; placeholders: text in square brackets; titles: text in
<<double angular brackets>>; code: closed code fences; tables: those of GitHub's
markdown, a head over a row of dashes; capitals: words all in capital letters; links:
URLs. With distinct, no two of the elements may have the same text, marks and numbers
in front of them apart; an output without the element has none that are the same.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &structureDefaults,
	New:     withArgs(&structureDefaults, newStructure),
}

type structureArgs struct {
	Element   string `json:"element" oneof:"bullets numbered lists headings paragraphs sections highlights placeholders titles code tables capitals links" doc:"what is counted"`
	Min       *int   `json:"min,omitzero" doc:"the least number that passes"`
	Max       *int   `json:"max,omitzero" doc:"the greatest number that passes"`
	Separator string `json:"separator,omitzero" doc:"of paragraphs: what divides them, instead of empty lines; of sections: the word before the number"`
	Marks     string `json:"marks" doc:"what bullets begin with, in a row"`
	Distinct  bool   `json:"distinct" doc:"no two of the elements may be the same"`
}

var structureDefaults = structureArgs{Element: "bullets", Marks: "*-+•・"}

func newStructure(args structureArgs, _ string) (eval.Judge, error) {
	limits := bounds{args.Min, args.Max}
	if err := limits.check(!args.Distinct, "{structure: {element: bullets, min: 3, max: 5}}"); err != nil {
		return nil, err
	}
	elements, err := elementFinder(args)
	if err != nil {
		return nil, err
	}
	noun := strings.TrimSuffix(args.Element, "s")
	switch args.Element {
	case "code":
		noun = "code fence"
	case "lists":
		noun = "list line"
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		out := strings.ReplaceAll(s.Output.Text, "\r\n", "\n")
		if args.Element == "paragraphs" && args.Separator != "" && emptyBetween(out, args.Separator) {
			return eval.Value(0, "an empty paragraph between two separators")
		}
		if hopeless(args.Element, out) {
			return limits.hold(0, noun)
		}
		n, twice, seen := 0, "", map[string]bool{}
		elements(out, func(element string) {
			n++
			if !args.Distinct {
				return
			}
			if element = strings.TrimSpace(element); seen[element] && twice == "" {
				twice = element
			}
			seen[element] = true
		})
		if twice != "" {
			return eval.Value(0, "two "+noun+"s are the same: "+quote(twice))
		}
		return limits.hold(n, noun)
	}), nil
}

// patterns of the elements that a line or a stretch shows by itself.
var elementPatterns = sync.OnceValue(func() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"numbered":     regexp.MustCompile(`(?m)^\s*\pN+[.)．）、]\s*\S.*`),
		"headings":     regexp.MustCompile(`(?m)^ {0,3}#{1,6}(?:[ \t].*|$)`),
		"placeholders": regexp.MustCompile(`\[[^\]\n]*\]`),
		"titles":       regexp.MustCompile(`<<[^\n<>]*[^\s<>][^\n<>]*>>`),
		"rule":         regexp.MustCompile(`^[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$`), // of a table
		"links":        regexp.MustCompile(`(?:https?://|www\.)[^\s<>"')\]]+`),
		"highlights":   regexp.MustCompile(`\*\*[^\n*]*\*\*|\*[^\n*]*\*`),
		"capitals":     regexp.MustCompile(`[\pL\pN][\pL\pN'’.-]*`),
	}
})

// elementFinder gives the function that shows every element of a text, without what only
// marks or numbers it.
func elementFinder(args structureArgs) (func(s string, each func(string)), error) {
	switch args.Element {
	case "paragraphs":
		return func(s string, each func(string)) {
			for _, p := range paragraphs(s, args.Separator) {
				each(p)
			}
		}, nil
	case "sections":
		if args.Separator == "" {
			return nil, &eval.InputError{Msg: "sections need a separator", Hint: "write {structure: {element: sections, separator: SECTION, min: 3}}"}
		}
		p, err := regexp.Compile(`\s?` + regexp.QuoteMeta(args.Separator) + `\s?\d+\s?`)
		if err != nil {
			return nil, fmt.Errorf("separator: %w", err)
		}
		return func(s string, each func(string)) { eachMatch(p, s, each) }, nil
	case "bullets":
		return bullets(args.Marks)
	case "lists":
		marked, err := bullets(args.Marks)
		if err != nil {
			return nil, err
		}
		numbered := args
		numbered.Element = "numbered"
		counted, err := elementFinder(numbered)
		return func(s string, each func(string)) {
			marked(s, each)
			if !hopeless("numbered", s) {
				counted(s, each)
			}
		}, err
	case "tables":
		return tables, nil
	case "code":
		return func(s string, each func(string)) {
			for _, f := range fences(s) {
				if f.closed {
					each(f.body)
				}
			}
		}, nil
	}
	p, clean := elementPatterns()[args.Element], cleaners[args.Element]
	return func(s string, each func(string)) {
		eachMatch(p, s, func(match string) {
			if clean == nil {
				each(match)
			} else if text, ok := clean(match); ok {
				each(text)
			}
		})
	}, nil
}

// eachMatch shows the matches one by one: all of them in a list take a hundred
// times the memory of the text.
func eachMatch(p *regexp.Regexp, s string, each func(string)) {
	p.ReplaceAllStringFunc(s, func(match string) string {
		each(match)
		return ""
	})
}

// bullets finds the lines that begin with a mark that is not doubled, except for
// "-", which is doubled only by a rule of three.
func bullets(marks string) (func(string, func(string)), error) {
	if strings.TrimSpace(marks) == "" {
		return nil, fmt.Errorf("marks: expected the characters that bullets begin with")
	}
	return func(s string, each func(string)) {
		for line := range strings.SplitSeq(s, "\n") {
			line = strings.TrimSpace(line)
			r, size := utf8.DecodeRuneInString(line)
			if size > 0 && strings.ContainsRune(marks, r) && (r == '-' || !strings.HasPrefix(line[size:], line[:size])) && strings.Trim(line, "- ") != "" {
				each(line[size:])
			}
		}
	}, nil
}

// cleaners take the text out of what a pattern found, if it is one after all.
var cleaners = map[string]func(string) (string, bool){
	"numbered":   func(s string) (string, bool) { return s[strings.IndexAny(s, ".)．）、"):], true },
	"headings":   func(s string) (string, bool) { return strings.Trim(s, "# \t"), true },
	"highlights": highlight,
	"capitals":   func(s string) (string, bool) { return s, capital(s) },
}

// highlight is a stretch between asterisks that is not blank; what stands between
// two asterisks counts as what stands between one, as IFEval's checker has it.
func highlight(s string) (string, bool) {
	s = strings.Trim(s, "* \t\r")
	return s, s != ""
}

// capital reports whether a word has letters with case and none is small.
func capital(word string) (cased bool) {
	for _, r := range word {
		if unicode.IsLower(r) {
			return false
		}
		cased = cased || unicode.IsUpper(r)
	}
	return cased
}

// tables finds the tables of GitHub's markdown: a head and a row of dashes with as
// many cells, and what follows up to an empty line.
func tables(s string, each func(string)) {
	var head string
	var table []string
	for line := range strings.SplitSeq(s, "\n") {
		switch {
		case len(table) > 0 && strings.TrimSpace(line) != "":
			table = append(table, line)
		case len(table) > 0:
			each(strings.Join(table, "\n"))
			table = nil
		case strings.TrimSpace(head) != "" && strings.Contains(line, "|") && elementPatterns()["rule"].MatchString(line) && cells(line) == cells(head):
			table = []string{head, line}
		}
		head = line
	}
	if len(table) > 0 {
		each(strings.Join(table, "\n"))
	}
}

// cells counts the cells of a table's row.
func cells(row string) int {
	row = strings.ReplaceAll(strings.TrimSpace(row), `\|`, "")
	return strings.Count(strings.TrimSuffix(strings.TrimPrefix(row, "|"), "|"), "|") + 1
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

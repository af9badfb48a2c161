package scorers

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"holdtrue/eval"
	"holdtrue/scorers/text"
)

const relevanceDoc = `A document is relevant if the case names it, by its id, or with by: text if one of the
case's documents has at least overlap of its words in it, or it of that one's
(Unicode words in lower case, each as often as it stands). Documents are sets: one that
is named or retrieved again does not count again.`

var contextPrecisionScorer = &eval.Scorer{
	Name: "context-precision",
	Doc: `how many of the retrieved documents are relevant, the first ones above all.

With ranked, the mean of the precisions at the places of the relevant documents, as
ragas has it: 1 if all relevant ones come first; else the share of relevant ones.
` + relevanceDoc + `
A case without documents is skipped; an output without any scores 0.`,
	Version: "1",
	Scale:   eval.Unit,
	Better:  eval.Higher,
	Args:    &contextDefaults,
	New: withArgs(&contextDefaults, func(args contextArgs, _ string) (eval.Judge, error) {
		return newContext(args, contextPrecision)
	}),
}

var contextRecallScorer = &eval.Scorer{
	Name: "context-recall",
	Doc: `how many of the case's documents were retrieved.

` + relevanceDoc + `
A case without documents is skipped. ranked has no meaning here.`,
	Version: "1",
	Scale:   eval.Unit,
	Better:  eval.Higher,
	Args:    &contextDefaults,
	New: withArgs(&contextDefaults, func(args contextArgs, _ string) (eval.Judge, error) {
		return newContext(args, contextRecall)
	}),
}

type contextArgs struct {
	By        string  `json:"by" oneof:"id text" doc:"how documents are recognised"`
	Threshold float64 `json:"overlap" doc:"with by: text, the least share of words in common, from 0 to 1"`
	Ranked    bool    `json:"ranked" doc:"whether the order of the retrieved documents counts; not for context-recall"`
}

var contextDefaults = contextArgs{By: "id", Threshold: 0.5, Ranked: true}

func newContext(args contextArgs, score func(contextArgs, [][]bool) eval.Score) (eval.Judge, error) {
	if !(args.Threshold > 0 && args.Threshold <= 1) {
		return nil, errors.New("overlap: expected a number above 0, at most 1")
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		switch {
		case len(s.Case.Documents) == 0:
			return eval.Skip("the case names no documents")
		case len(s.Output.Documents) == 0:
			return eval.Value(0, "no document was retrieved")
		case ctx.Err() != nil:
			return stopped(ctx)
		}
		return score(args, args.relevance(s))
	}), nil
}

// relevance says for each retrieved document which of the case's it is.
func (a contextArgs) relevance(s *eval.Sample) [][]bool {
	expected, retrieved := a.distinct(s.Case.Documents), a.distinct(s.Output.Documents)
	var wanted [][]string
	if a.By == "text" {
		for _, d := range expected {
			wanted = append(wanted, text.Words(d.Text))
		}
	}
	is := make([][]bool, len(retrieved))
	for i, got := range retrieved {
		is[i] = make([]bool, len(expected))
		words := []string(nil)
		if a.By == "text" {
			words = text.Words(got.Text)
		}
		for j, want := range expected {
			if a.By == "id" {
				is[i][j] = got.ID == want.ID
			} else if len(words) > 0 && len(wanted[j]) > 0 {
				o := text.Bag(words, wanted[j])
				is[i][j] = max(o.Precision, o.Recall) >= a.Threshold
			}
		}
	}
	return is
}

// distinct leaves out documents that stand there before.
func (a contextArgs) distinct(docs []eval.Document) (kept []eval.Document) {
	seen := make(map[string]bool, len(docs))
	for _, d := range docs {
		key := d.ID
		if a.By == "text" {
			key = d.Text
		}
		if !seen[key] {
			seen[key] = true
			kept = append(kept, d)
		}
	}
	return kept
}

func contextPrecision(a contextArgs, is [][]bool) eval.Score {
	relevant, sum := 0, 0.0
	for i := range is {
		if slices.Contains(is[i], true) {
			relevant++
			sum += float64(relevant) / float64(i+1)
		}
	}
	reason := fmt.Sprintf("%d of %s relevant", relevant, count(len(is), "document"))
	switch {
	case relevant == 0:
		return eval.Value(0, reason)
	case a.Ranked:
		return eval.Value(min(1, sum/float64(relevant)), reason)
	}
	return eval.Value(float64(relevant)/float64(len(is)), reason)
}

func contextRecall(_ contextArgs, is [][]bool) eval.Score {
	found, total := 0, len(is[0])
	for j := range total {
		if slices.ContainsFunc(is, func(row []bool) bool { return row[j] }) {
			found++
		}
	}
	return eval.Value(float64(found)/float64(total), fmt.Sprintf("%d of %s retrieved", found, count(total, "document")))
}

var citationsScorer = &eval.Scorer{
	Name: "citations",
	Doc: `the share of the answer's citations that name a document it was given.

A citation is what group 1 of the pattern finds: the number of a document, counted
from 1 in the order of the decision log, or its id; several in one are divided by
commas. Without a pattern they are [1], [doc-id], 【1】 and (source: doc-id), where what
stands in the brackets is a number or has no blank; [1-3] is each from 1 to 3. The
boxes of a task list, editors' marks such as [TODO], and the indices of code, as in
a[0] or between backticks, are none. An answer with fewer than min
citations scores 0; one without any is skipped where min is 0, as is an output
without documents.`,
	Version: "1",
	Scale:   eval.Unit,
	Better:  eval.Higher,
	Args:    &citationsDefaults,
	New:     withArgs(&citationsDefaults, newCitations),
}

type citationsArgs struct {
	Pattern string `json:"pattern" doc:"what a citation looks like, in RE2 syntax, with one group"`
	Min     int    `json:"min" doc:"the least number of citations"`
}

var citationsDefaults = citationsArgs{Min: 1, Pattern: `(?:\[|【|\((?i:source|see|ref): ?)\^?([\pL\pN][\pL\pN_./:#-]*(?:, ?[\pL\pN][\pL\pN_./:#-]*)*)(?:\]|】|\))`}

func newCitations(args citationsArgs, _ string) (eval.Judge, error) {
	p, err := regexp.Compile(args.Pattern)
	switch {
	case err != nil:
		return nil, explainPattern(args.Pattern, err)
	case p.NumSubexp() != 1:
		return nil, errors.New("pattern: expected one group, which finds the number or id of a document")
	case args.Min < 0:
		return nil, errors.New("min: expected a whole number of at least 0")
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		docs := s.Output.Documents
		switch {
		case ctx.Err() != nil:
			return stopped(ctx)
		case len(docs) == 0:
			return eval.Skip("no document was recorded")
		}
		cited, valid := 0, 0
		var unknown []string
		var evidence []eval.Span
		for _, m := range p.FindAllStringSubmatchIndex(s.Output.Text, -1) {
			if m[2] < 0 || linked(s.Output.Text, m[1]) {
				continue
			}
			if inside := s.Output.Text[m[2]:m[3]]; !names(docs, inside) && noCitation(s.Output.Text, m[0], inside) {
				continue
			}
			for _, c := range citedIn(docs, s.Output.Text[m[2]:m[3]]) {
				cited++
				if names(docs, c) {
					valid++
				} else if unknown = append(unknown, c); len(evidence) < 20 {
					evidence = append(evidence, eval.Span{Start: m[2], End: m[3], Note: "no such document"})
				}
			}
		}
		switch {
		case cited < args.Min:
			return eval.Value(0, fmt.Sprintf("%s, at least %d wanted", count(cited, "citation"), args.Min))
		case cited == 0:
			return eval.Skip("the answer cites nothing")
		case len(unknown) > 0:
			return eval.Value(float64(valid)/float64(cited), "no such document: "+quoteAll(unknown), evidence...)
		}
		return eval.Value(1, "")
	}), nil
}

// linked reports whether the brackets before byte i are the text of a markdown link.
func linked(s string, i int) bool { return i < len(s) && s[i] == '(' && s[i-1] == ']' }

// beforeIndex is what stands before the index of code: a name of one letter or with
// an underscore, or a span of code that is open. Behind other words, "days[1]", it
// may be a citation.
var beforeIndex = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?:(?:^|[^\pL\pN])\pL|_\w+|\w_)$`) })

var taskItem = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?:^|\n)[ \t]*(?:[-*+]|[0-9]{1,3}[.)])[ \t]+$`) })

// noCitation reports whether brackets at byte i that name no document are
// something else.
func noCitation(s string, i int, inside string) bool {
	if i >= len(s) || s[i] != '[' {
		return false
	}
	before := tail(s[:i], 200)
	line := before[strings.LastIndexByte(before, '\n')+1:]
	last, _ := utf8.DecodeLastRuneInString(line)
	switch {
	case strings.EqualFold(inside, "x"):
		return taskItem().MatchString(before)
	case slices.Contains([]string{"TODO", "TBD", "FIXME", "XXX", "N/A", "sic", "NOTE"}, inside):
		return true
	case strings.Count(line, "`")%2 == 1:
		return true
	}
	return unicode.IsLetter(last) && inside == "0" || beforeIndex().MatchString(line)
}

// citedIn divides what stands in one pair of brackets; a range of numbers that is
// no id is each of them.
func citedIn(docs []eval.Document, inside string) (cited []string) {
	const most = 100 // of a range
	for _, c := range strings.Split(inside, ",") {
		c = strings.TrimSpace(c)
		first, last, ok := strings.Cut(c, "-")
		from, err := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		if !ok || err != nil || err2 != nil || from >= to || to-from >= most || names(docs, c) {
			cited = append(cited, c)
			continue
		}
		for n := from; n <= to; n++ {
			cited = append(cited, strconv.Itoa(n))
		}
	}
	return cited
}

// names reports whether a citation is the number or the id of a document.
func names(docs []eval.Document, cited string) bool {
	if n, err := strconv.Atoi(cited); err == nil && n >= 1 && n <= len(docs) {
		return true
	}
	return slices.ContainsFunc(docs, func(d eval.Document) bool { return d.ID == cited })
}

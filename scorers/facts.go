package scorers

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"holdtrue/eval"
	"holdtrue/scorers/facts"
	"holdtrue/scorers/lexicon"
)

var factsScorer = &eval.Scorer{
	Name: "facts",
	Doc: `the share of the expected answer's facts that the output keeps; every change is named.

Facts are numbers with their unit, money, percentages, dates, times, durations,
names, negations, opposites ("before" and "after", "increase" and "decline"),
addresses and codes: "30 days", "thirty days" and "30-day" are the same, as are
"EU" and "European Union" and "20 Nov 2026" and "2026-11-20". Sentences that say
the same are aligned, and what differs inside of them is judged: a fact that is
changed, added, negated or given to other words (prices that were exchanged) counts
1, one that is left out 0.5, an unrelated noun in place of another 0.2, other words
in place of others 0.05, and synonyms and forms of a word nothing. A sentence of
which the output has nothing in its place is lost whole. The score is kept / total,
where total is 1 for each fact and 0.2 for each other content word of the expected
answer, and what was added. Sentences of the output that say something else do not
count; who does what to whom is understood only where nothing else changed.

Facts may be declared, for the suite or a case; then the score is the share of them
that is found and not denied. With answers, a recording of one version that was
asked several times, the facts of a case are those that all its answers have: what
the agent varies by itself is no promise; a case with fewer than two answers there
is held to its expected answer.

Words and their relations are English, from WordNet 3.1; figures, addresses and
codes are found in any language. Of each text the first 256 KiB are read.`,
	Version: "1",
	Scale:   eval.Unit,
	Better:  eval.Higher,
	Args:    &factsDefaults,
	Needs:   "expected",
	New:     withArgs(&factsDefaults, newFacts),
}

type factsArgs struct {
	Facts   list   `json:"facts,omitzero" doc:"facts that must be kept, such as \"30 days\"; replaces what is found in the expected answers"`
	Across  string `json:"across" oneof:"best constant" doc:"with several expected answers: the one kept best counts, or only the facts that all of them have (answers of one agent recorded several times)"`
	Answers string `json:"answers,omitzero" doc:"a recording with several answers to each case: the facts that all of them have are expected"`
	Digest  string `json:"answers_digest,omitzero" doc:"SHA-256 of that file, filled in at binding; if written, it must agree"`
	Added   string `json:"added" oneof:"count ignore" doc:"whether facts that the output puts into an aligned sentence count"`
}

var factsDefaults = factsArgs{Across: "best", Added: "count"}

func newFacts(args factsArgs, dir string) (eval.Judge, error) {
	lex, err := lexicon.English()
	if err != nil {
		return nil, err
	}
	j := factsJudge{lex: lex, args: args, options: facts.Options{IgnoreAdded: args.Added == "ignore"}}
	for _, d := range args.Facts {
		t := facts.Read(lex, d)
		if !slices.ContainsFunc(t.Units, func(u facts.Unit) bool { return u.Kind != facts.Function }) {
			return nil, errors.New("facts: nothing can be checked in " + quote(d))
		}
		j.declared = append(j.declared, t)
	}
	switch {
	case args.Answers == "":
		return j, nil
	case len(j.declared) > 0:
		return nil, errors.New("facts and answers: either the facts are declared or they are those of the recorded answers")
	}
	j.answers, err = readAnswers(fileIn(dir, args.Answers))
	j.answersKey = &j.answers
	return j, err
}

type factsJudge struct {
	lex      *lexicon.Lexicon
	args     factsArgs
	options  facts.Options
	declared []*facts.Text
	answers  map[string][]string // that were recorded, by case
	// answersKey tells the answers of this judge from those of another.
	answersKey *map[string][]string
}

type outputFactsKey struct{}

type expectedFactsKey struct{}

// outputFacts is the output taken apart.
func outputFacts(lex *lexicon.Lexicon, s *eval.Sample) *facts.Text {
	return eval.Memo(s, outputFactsKey{}, func() *facts.Text { return facts.Read(lex, s.Output.Text) })
}

func expectedFacts(lex *lexicon.Lexicon, s *eval.Sample) []*facts.Text {
	return eval.MemoCase(s, expectedFactsKey{}, func() []*facts.Text {
		all := make([]*facts.Text, len(s.Case.Expected))
		for i, e := range s.Case.Expected {
			all[i] = facts.Read(lex, e)
		}
		return all
	})
}

func (j factsJudge) Score(ctx context.Context, s *eval.Sample) eval.Score {
	if ctx.Err() != nil {
		return stopped(ctx)
	}
	if len(j.declared) > 0 {
		return factsScore(facts.Declared(j.lex, j.declared, outputFacts(j.lex, s)), outputFacts(j.lex, s).Cut)
	}
	if recorded := j.recorded(s); len(recorded) > 0 {
		return j.constant(ctx, s, recorded)
	}
	if j.args.Across == "constant" && len(s.Case.Expected) > 1 {
		return j.constant(ctx, s, expectedFacts(j.lex, s))
	}
	return best(s, func(i int, _ string) eval.Score { return j.compare(ctx, s, expectedFacts(j.lex, s)[i], j.options) })
}

// constant holds the output to what all texts have, as the text has it to which it
// comes closest.
func (j factsJudge) constant(ctx context.Context, s *eval.Sample, texts []*facts.Text) eval.Score {
	options := j.options
	options.Keep = facts.Constant(texts)
	return bestOf(len(texts), func(i int) eval.Score { return j.compare(ctx, s, texts[i], options) })
}

func (j factsJudge) compare(ctx context.Context, s *eval.Sample, expected *facts.Text, options facts.Options) eval.Score {
	output := outputFacts(j.lex, s)
	options.Stop = func() bool { return ctx.Err() != nil }
	c := facts.Compare(j.lex, expected, output, options)
	if ctx.Err() != nil {
		return stopped(ctx)
	}
	if c.Expected == 0 {
		return eval.Skip("the expected answer holds nothing that can be checked")
	}
	return factsScore(c, expected.Cut || output.Cut)
}

// factsScore words a comparison.
func factsScore(c facts.Comparison, cutOff bool) eval.Score {
	var evidence []eval.Span
	var said []string
	lost := 0
	for _, ch := range c.Changes {
		text, note := describe(ch)
		if ch.What == facts.Missing && ch.From[1] > ch.From[0] {
			evidence = append(evidence, eval.Span{In: "expected", Start: ch.From[0], End: ch.From[1], Note: note})
		} else if ch.To[1] > ch.To[0] {
			evidence = append(evidence, eval.Span{Start: ch.To[0], End: ch.To[1], Note: note})
		}
		if ch.Kind.Fact() || ch.Kind == facts.Contrast || ch.Weight >= 1 {
			lost++
			said = append(said, text)
		}
	}
	return eval.Value(min(1, c.Score()), factsReason(c.Facts, lost, said, cutOff), limit(evidence)...)
}

// limit keeps the first pieces of evidence: they are stored with every score.
func limit(evidence []eval.Span) []eval.Span { return evidence[:min(len(evidence), 20)] }

func factsReason(expected, lost int, said []string, cutOff bool) string {
	var b strings.Builder
	if lost > 0 {
		if expected >= lost { // else words differ that are no facts by themselves
			b.WriteString(count(expected, "fact") + ", ")
		}
		fmt.Fprintf(&b, "%d differ: ", lost)
		for i, s := range said {
			if b.Len()+len(s) > reasonLimit-60 {
				b.WriteString("…")
				break
			}
			if i > 0 {
				b.WriteString("; ")
			}
			b.WriteString(s)
		}
	}
	if cutOff {
		b.WriteString(" (only the first 256 KiB of a text were read)")
	}
	return b.String()
}

// describe gives a change in a few words, and the note of its place.
func describe(ch facts.Change) (text, note string) {
	prefix := ""
	if ch.Context != "" {
		prefix = plain(ch.Context) + ": "
	}
	switch {
	case ch.What == facts.Missing && ch.Kind == facts.Negation:
		return prefix + "negation lost", "negation lost"
	case ch.What == facts.Added && ch.Kind == facts.Negation:
		return "negated: " + plain(ch.ToText), "negation added"
	case ch.What == facts.Missing:
		return prefix + plain(ch.FromText) + " left out", ch.Kind.String() + " left out"
	case ch.What == facts.Added:
		return "added " + plain(ch.ToText), "not in the expected answer"
	}
	return prefix + plain(ch.FromText) + " -> " + plain(ch.ToText), "expected " + plain(ch.FromText)
}

// plain quotes a text without the marks, short and on one line.
func plain(s string) string { return strings.Trim(quote(s), `"`) }

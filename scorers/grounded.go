package scorers

import (
	"context"

	"holdtrue/eval"
	"holdtrue/scorers/facts"
	"holdtrue/scorers/lexicon"
)

var groundedScorer = &eval.Scorer{
	Name: "grounded",
	Doc: `the share of what the answer states that stands in the documents it was given.

Figures, dates, names, addresses, codes and the words of quoted text that occur
in no document are named as evidence. Each counts 1; every other content word
counts words (0.1 unless said otherwise) and is met by a document's synonym or
other form of it. The documents are those recorded with the output, and where
there are none those of the case; without any the case is skipped. With prompt:
count, what stands in the prompt is grounded too. An answer that states nothing
scores 1. Of each text the first 256 KiB are read.`,
	Version: "1",
	Scale:   eval.Unit,
	Better:  eval.Higher,
	Args:    &groundedDefaults,
	New:     withArgs(&groundedDefaults, newGrounded),
}

type groundedArgs struct {
	Words  float64 `json:"words" doc:"what a content word counts against a fact's 1, from 0 to 1"`
	Prompt string  `json:"prompt" oneof:"count ignore" doc:"whether the prompt is a source as well"`
}

var groundedDefaults = groundedArgs{Words: 0.1, Prompt: "ignore"}

func newGrounded(args groundedArgs, _ string) (eval.Judge, error) {
	if err := inUnit("words", args.Words); err != nil {
		return nil, err
	}
	lex, err := lexicon.English()
	if err != nil {
		return nil, err
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		docs := documentTexts(s)
		if len(docs) == 0 {
			return eval.Skip("no document with a text was given")
		}
		if args.Prompt == "count" {
			docs = append(docs[:len(docs):len(docs)], s.Case.Text())
		}
		sources := make([]*facts.Text, len(docs))
		for i, d := range docs {
			sources[i] = facts.Read(lex, d)
		}
		return groundedScore(facts.Ground(lex, sources, outputFacts(lex, s), args.Words))
	}), nil
}

// documentTexts are the texts of the documents that the answer was given, or of
// those that the case says it should have been.
func documentTexts(s *eval.Sample) (texts []string) {
	for _, docs := range [][]eval.Document{s.Output.Documents, s.Case.Documents} {
		for _, d := range docs {
			if d.Text != "" {
				texts = append(texts, d.Text)
			}
		}
		if len(texts) > 0 {
			break
		}
	}
	return texts
}

func groundedScore(g facts.Grounding) eval.Score {
	if len(g.Unfounded) == 0 {
		return eval.Value(1, "")
	}
	var evidence []eval.Span
	var names []string
	for _, u := range g.Unfounded {
		evidence = append(evidence, eval.Span{Start: u.Start, End: u.End, Note: u.Kind.String() + " in no document"})
		if u.Kind.Fact() {
			names = append(names, g.Source[u.Start:u.End])
		}
	}
	reason := count(len(g.Unfounded), "word") + " in no document"
	if len(names) > 0 {
		reason = "in no document: " + quoteAll(names)
	}
	return eval.Value(g.Score(), reason, limit(evidence)...)
}

package scorers

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"holdtrue/eval"
	"holdtrue/scorers/text"
)

var hedgingScorer = &eval.Scorer{
	Name: "hedging",
	Doc: `how much the answer hedges: expressions of doubt for every 100 words.

A measure, for which lower is better. Counted are expressions such as "I think",
"might", "possibly", "it depends", "as far as I know" and "please consult", in
English, German, French and Spanish, and those of the argument also; each counts
once where it stands. What is hedged rightly counts too: compare versions, and do
not read the number by itself.`,
	Version: "1",
	Scale:   eval.Measure,
	Unit:    "per 100 words",
	Better:  eval.Lower,
	Args:    &hedgingDefaults,
	New:     withArgs(&hedgingDefaults, newHedging),
}

type hedgingArgs struct {
	Also list `json:"also,omitzero" doc:"further expressions that count"`
}

var hedgingDefaults = hedgingArgs{}

const hedges = `i think|i believe|i guess|i suppose|i assume|i'm not sure|i am not sure|i'm not certain|i am not certain|i'm not entirely sure
in my opinion|it seems|it appears|it would seem|seems to|appears to|might|perhaps|maybe|possibly|probably|presumably|arguably|supposedly
it depends|it may be|may or may not|could be|as far as i know|as far as i can tell|to the best of my knowledge|to my knowledge|i could be wrong
i may be wrong|not necessarily|generally speaking|in general|in most cases|in some cases|typically|more or less|roughly speaking|somewhat
as an ai|as a language model|i cannot guarantee|i can't guarantee|please verify|please check with|please consult|consult a|double-check
ich glaube|ich denke|vermutlich|möglicherweise|vielleicht|wahrscheinlich|eventuell|könnte sein|soweit ich weiß|meiner meinung nach
je pense|je crois|peut-être|probablement|il semble|il se peut|à ma connaissance|à mon avis
creo que|pienso que|quizás|quizá|tal vez|probablemente|posiblemente|parece que|que yo sepa|en mi opinión`

func newHedging(args hedgingArgs, _ string) (eval.Judge, error) {
	var alternatives []string
	for _, h := range append(strings.FieldsFunc(hedges, func(r rune) bool { return r == '|' || r == '\n' }), args.Also...) {
		if strings.TrimSpace(h) == "" {
			return nil, &eval.InputError{Msg: "also: an expression is blank", Hint: `write {hedging: {also: ["I would say"]}}`}
		}
		h = strings.Join(strings.Fields(regexp.QuoteMeta(strings.ToLower(h))), `\s+`)
		alternatives = append(alternatives, strings.ReplaceAll(h, "'", "['’]"))
	}
	// Where one expression begins with another, the longer one is to be found.
	p, err := regexp.Compile(`(?i)(?:^|[^\pL\pN])(` + strings.Join(alternatives, "|") + `)(?:$|[^\pL\pN])`)
	if err != nil {
		return nil, err
	}
	p.Longest()
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		const most = 1 << 18 // bytes that are read
		out := cut(s.Output.Text, most)
		words := len(outputWords(s, unicodeWords))
		if len(out) < len(s.Output.Text) {
			words = len(text.Words(out))
		}
		if words == 0 {
			return eval.Skip("the output has no words")
		}
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		var evidence []eval.Span
		n := 0
		for from := 0; from <= len(out); {
			m := p.FindStringSubmatchIndex(out[from:])
			if m == nil {
				break
			}
			if n++; n <= 20 {
				evidence = append(evidence, eval.Span{Start: from + m[2], End: from + m[3], Note: "hedges"})
			}
			if from += m[3]; n%1024 == 0 && ctx.Err() != nil {
				return stopped(ctx)
			}
		}
		return eval.Value(100*float64(n)/float64(words), fmt.Sprintf("%s in %s", count(n, "hedge"), count(words, "word")), evidence...)
	}), nil
}

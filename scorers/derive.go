package scorers

import (
	"context"

	"holdtrue/eval"
	"holdtrue/scorers/text"
)

// noExpected is why a scorer that compares skips a case.
const noExpected = "the case expects no answer"

// best scores the output against every expected answer and keeps the best
// score, the earlier one among equals. A score counts only if it is scored;
// where none is, the first other one stands.
func best(s *eval.Sample, score func(i int, expected string) eval.Score) eval.Score {
	if len(s.Case.Expected) == 0 {
		return eval.Skip(noExpected)
	}
	return bestOf(len(s.Case.Expected), func(i int) eval.Score { return score(i, s.Case.Expected[i]) })
}

func bestOf(n int, score func(i int) eval.Score) eval.Score {
	var top eval.Score
	for i := range n {
		one := score(i)
		if i == 0 || one.Status == eval.Scored && (top.Status != eval.Scored || one.Value > top.Value) {
			top = one
		}
		if top.Status == eval.Scored && top.Value == 1 {
			break
		}
	}
	return top
}

// tokenizer names a way to cut a text into words; it is the key under which the
// words of a sample's output and expected answers are shared.
type tokenizer string

const (
	unicodeWords tokenizer = "unicode"
	asciiWords   tokenizer = "ascii"
	asciiStems   tokenizer = "ascii, stemmed"
	unicodeStems tokenizer = "unicode, stemmed"
	answerWords  tokenizer = "answer"
	blankWords   tokenizer = "blank"
	treebank     tokenizer = "treebank"
)

// words cuts a text in lower case. For Unicode words it is composed first: "é" is
// the same in one character and in two.
func (t tokenizer) words(low string) []string {
	switch t {
	case asciiWords:
		return text.ASCIIWordsOfLower(low)
	case asciiStems:
		return text.Stem(text.ASCIIWordsOfLower(low))
	case unicodeStems:
		return text.Stem(text.WordsOfLower(text.NFC(low)))
	case treebank:
		return text.TreebankWords(low)
	case blankWords:
		return text.BlankWordsOfLower(low)
	case answerWords:
		return text.AnswerWordsOfLower(low)
	}
	return text.WordsOfLower(text.NFC(low))
}

type lowerOutputKey struct{}

type lowerExpectedKey struct{}

// lowerOutput is the output in lower case.
func lowerOutput(s *eval.Sample) string {
	return eval.Memo(s, lowerOutputKey{}, func() string { return text.Lower(s.Output.Text) })
}

// lowerExpected are the expected answers in lower case.
func lowerExpected(s *eval.Sample) []string {
	return eval.MemoCase(s, lowerExpectedKey{}, func() []string {
		all := make([]string, len(s.Case.Expected))
		for i, e := range s.Case.Expected {
			all[i] = text.Lower(e)
		}
		return all
	})
}

type outputWordsKey struct{ tokenizer }

type expectedWordsKey struct{ tokenizer }

// outputWords are the words of the output.
func outputWords(s *eval.Sample, t tokenizer) []string {
	return eval.Memo(s, outputWordsKey{t}, func() []string { return t.words(lowerOutput(s)) })
}

// expectedWords are the words of each expected answer.
func expectedWords(s *eval.Sample, t tokenizer) [][]string {
	return eval.MemoCase(s, expectedWordsKey{t}, func() [][]string {
		all := make([][]string, len(s.Case.Expected))
		for i, low := range lowerExpected(s) {
			all[i] = t.words(low)
		}
		return all
	})
}

type numberingKey struct{ tokenizer }

type numberedKey struct{ tokenizer }

// numbered are the words of the output, then those of each expected answer, as
// numbers; see text.Numbering.
func numbered(s *eval.Sample, t tokenizer) [][]int32 {
	return eval.Memo(s, numberedKey{t}, func() [][]int32 {
		n := eval.MemoCase(s, numberingKey{t}, func() *text.Numbering { return text.NewNumbering(expectedWords(s, t)...) })
		return n.With(outputWords(s, t))
	})
}

type foldedKey struct{}

// foldedOutput is the output folded for comparison without case.
func foldedOutput(s *eval.Sample) string {
	return eval.Memo(s, foldedKey{}, func() string { return text.Fold(s.Output.Text) })
}

type composedKey struct{}

// composedOutput is the output with composed characters (NFC).
func composedOutput(s *eval.Sample) string {
	return eval.Memo(s, composedKey{}, func() string { return text.NFC(s.Output.Text) })
}

// stopped gives the score of a judge whose context ended.
func stopped(ctx context.Context) eval.Score { return eval.Fail("stopped: " + ctx.Err().Error()) }

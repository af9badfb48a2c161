package scorers

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"holdtrue/eval"
	"holdtrue/eval/wire"
	"holdtrue/scorers/facts"
	"holdtrue/scorers/lexicon"
)

// fix puts the digest of the recording into the arguments, so that other answers
// make another metric.
func (a *factsArgs) fix(dir string) error {
	if a.Answers == "" {
		if a.Digest != "" {
			return errors.New("answers_digest: there is no argument answers")
		}
		return nil
	}
	h := sha256.New()
	if err := addFile(h, fileIn(dir, a.Answers)); err != nil {
		return fmt.Errorf("answers: %w", err)
	}
	digest := hex.EncodeToString(h.Sum(nil))
	if a.Digest != "" && a.Digest != digest {
		return fmt.Errorf("answers_digest: %s has %s, not %s; leave the argument out to take it as it is", a.Answers, digest, a.Digest)
	}
	a.Digest = digest
	return nil
}

func fileIn(dir, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(dir, name)
}

// maxAnswersFaults is how many faults of a recording are listed.
const maxAnswersFaults = 10

// readAnswers reads the texts of a recording by case, in the order of the file.
// Failed calls are left out.
func readAnswers(path string) (answers map[string][]string, err error) {
	f, err := wire.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	answers = map[string][]string{}
	var faults []error
	for line, err := range wire.Lines(f, path) {
		var o eval.Output
		if err == nil {
			o, err = wire.DecodeOutput(line.Data, line.Pos)
		}
		switch {
		case err != nil:
			if faults = append(faults, err); len(faults) == maxAnswersFaults {
				return nil, errors.Join(faults...)
			}
		case !o.Failed():
			answers[o.CaseID] = append(answers[o.CaseID], o.Text)
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	several := func(texts []string) bool { return len(texts) > 1 }
	for _, texts := range answers {
		if several(texts) {
			return answers, nil
		}
	}
	return nil, &eval.InputError{Msg: "answers: " + path + " has no case with several answers, so nothing tells what the agent varies by itself",
		Hint: "ask the agent several times, holdtrue run --agent NAME --repeat 3, and write what it answered: holdtrue show latest --recording > answers.jsonl"}
}

type recordedFactsKey struct{ answers *map[string][]string }

// recorded are the answers to the sample's case that were recorded, taken apart;
// none if there are not several.
func (j factsJudge) recorded(s *eval.Sample) []*facts.Text {
	if texts := j.answers[s.Case.ID]; len(texts) > 1 {
		return eval.MemoCase(s, recordedFactsKey{j.answersKey}, func() []*facts.Text { return readAll(j.lex, texts) })
	}
	return nil
}

func readAll(lex *lexicon.Lexicon, texts []string) []*facts.Text {
	all := make([]*facts.Text, 0, len(texts))
	for _, t := range slices.Compact(slices.Sorted(slices.Values(texts))) { // the same answer twice says no more
		all = append(all, facts.Read(lex, t))
	}
	return all
}

package scorers

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"holdtrue/eval"
)

// All lists the built-in scorers in the order in which they are shown. A new
// scorer is one file and one line here.
var All = []*eval.Scorer{
	exactScorer,
	containsScorer,
	containsAnyScorer,
	containsAllScorer,
	startsWithScorer,
	endsWithScorer,
	regexScorer,
	regexCountScorer,
	levenshteinScorer,
	jaroWinklerScorer,
	tokenF1Scorer,
	rouge1Scorer,
	rouge2Scorer,
	rougeLScorer,
	rougeLsumScorer,
	bleuScorer,
	chrfScorer,
	gleuScorer,
	terScorer,
	meteorScorer,
	cosineScorer,
	factsScorer,
	groundedScorer,
	numericScorer,
	dateScorer,
	choiceScorer,
	jsonScorer,
	jsonDiffScorer,
	jsonPathScorer,
	xmlScorer,
	htmlScorer,
	yamlScorer,
	csvScorer,
	sqlScorer,
	codeScorer,
	lengthScorer,
	lengthWithinScorer,
	structureScorer,
	keywordsScorer,
	charactersScorer,
	letterCaseScorer,
	quotedScorer,
	postscriptScorer,
	scriptScorer,
	languageScorer,
	toolCallsScorer,
	toolCallF1Scorer,
	toolOrderScorer,
	toolCountScorer,
	toolsAllowedScorer,
	contextPrecisionScorer,
	contextRecallScorer,
	citationsScorer,
	refusalScorer,
	hedgingScorer,
	repetitionScorer,
	truncatedScorer,
	leakageScorer,
	latencyScorer,
	firstTokenScorer,
	costScorer,
	inputTokensScorer,
	outputTokensScorer,
	stepsScorer,
	expressionScorer,
	commandScorer,
	labelScorer,
	feedbackScorer,
	allOfScorer,
	meanOfScorer,
}

// Find gives the scorer of that name. "not-NAME" is found for every yes/no
// scorer NAME.
func Find(name string) (*eval.Scorer, bool) {
	for _, s := range All {
		if s.Name == name {
			return s, true
		}
	}
	if base, ok := strings.CutPrefix(name, notPrefix); ok {
		if s, ok := Find(base); ok && s.Scale == eval.Binary && !strings.HasPrefix(base, notPrefix) {
			return negation(s), true
		}
	}
	return nil, false
}

// Names lists every name that Find knows: All in its order, then the not- forms.
func Names() []string {
	var names, negated []string
	for _, s := range All {
		names = append(names, s.Name)
		if s.Scale == eval.Binary {
			negated = append(negated, notPrefix+s.Name)
		}
	}
	return append(names, negated...)
}

const namePattern = `^[a-z][a-z0-9]*(-[a-z0-9]+)*$`

// Validate says what is wrong with a list of scorers: names that are not well
// formed or stand twice, missing documentation or version, a scale or direction
// that does not exist, an argument without a doc.
func Validate(list []*eval.Scorer) error {
	wellFormed := regexp.MustCompile(namePattern)
	var errs []error
	complain := func(s *eval.Scorer, format string, a ...any) {
		errs = append(errs, fmt.Errorf("scorer %q %s", s.Name, fmt.Sprintf(format, a...)))
	}
	seen := map[string]bool{}
	for _, s := range list {
		if !wellFormed.MatchString(s.Name) || strings.HasPrefix(s.Name, notPrefix) {
			complain(s, "needs a name of lower-case words joined by '-', not beginning with %q", notPrefix)
		}
		if seen[s.Name] {
			complain(s, "stands twice")
		}
		seen[s.Name] = true
		if first, rest, ok := strings.Cut(s.Doc, "\n\n"); !ok || first == "" || rest == "" || strings.Contains(first, "\n") {
			complain(s, "needs a doc: one sentence, an empty line, the details")
		}
		if s.Version == "" {
			complain(s, "needs a version")
		}
		if s.New == nil {
			complain(s, "needs a constructor")
		}
		switch s.Scale {
		case eval.Binary, eval.Unit:
		case eval.Measure:
			if s.Unit == "" {
				complain(s, "is a measure and needs a unit")
			}
		default:
			complain(s, "has the scale %q, which does not exist", s.Scale)
		}
		switch s.Better {
		case eval.Higher, eval.Lower, eval.Neither:
		default:
			complain(s, "has the direction %q, which does not exist", s.Better)
		}
		for _, a := range Describe(s).Args {
			if slices.Contains(append(shapeKeys, "name", "margin", "gate", "weight"), a.Name) {
				complain(s, "has an argument %s, which every metric has", a.Name)
			}
			if a.Name == "" || a.Doc == "" {
				complain(s, "has an argument without a name or a doc: %q", a.Name)
			}
		}
	}
	return errors.Join(errs...)
}

package scorers

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"

	"holdtrue/eval"
	"holdtrue/scorers/text"
)

var languageScorer = &eval.Scorer{
	Name: "language",
	Doc: `1 if the output is in the language of the prompt, 0 if it is in another.

The language is told as script does it: by the script of most letters (Japanese by
its kana), and in the Latin script by a vote of frequent words of de, en, es, fi, fr,
id, it, nl, pl, pt, sv, sw, tr and vi, in the first 400 bytes. Languages that share
another script are not told apart. Of several messages the last one of the user
counts. Where the prompt or the output has too few such words to tell, or two
languages have as many, the case is skipped; in practice many short answers are.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	New: func(setup eval.Setup) (eval.Judge, error) {
		if err := knownArgs(setup.Args, nil); err != nil {
			return nil, err
		}
		return eval.JudgeFunc(scoreLanguage), nil
	},
}

type promptLanguageKey struct{}

func scoreLanguage(_ context.Context, s *eval.Sample) eval.Score {
	asked := eval.MemoCase(s, promptLanguageKey{}, func() tongue { return tongueOf(lastAsked(s.Case)) })
	if asked.script == "" {
		return eval.Skip("the language of the prompt cannot be told")
	}
	answered := tongueOf(s.Output.Text)
	switch {
	case answered.script == "":
		return eval.Skip("the language of the output cannot be told")
	case answered.script != asked.script:
		return eval.Value(0, fmt.Sprintf("asked in %s, answered in %s", asked, answered))
	case answered.language == asked.language:
		return eval.Value(1, "")
	case asked.language == "" || answered.language == "":
		return eval.Skip("too few frequent words to tell the language")
	}
	return eval.Value(0, fmt.Sprintf("asked in %s, answered in %s", asked, answered))
}

// lastAsked is the prompt, or the last message of the user.
func lastAsked(c *eval.Case) string {
	for i := len(c.Messages) - 1; i >= 0; i-- {
		if m := c.Messages[i]; m.Role == "user" {
			return m.Content
		}
	}
	return c.Text()
}

// tongue is what can be told of the language of a text: its script, "" for a
// text without letters, and in the Latin script the language, "" where no vote
// is clear.
type tongue struct{ script, language string }

func (t tongue) String() string {
	if t.language != "" {
		return t.language
	}
	return t.script + " letters"
}

// tongueHead is how many bytes of a text tell its language.
const tongueHead = 400

func tongueOf(s string) tongue {
	head := text.Lower(cut(s, tongueHead))
	if text.ASCII(head) {
		if strings.IndexFunc(head, unicode.IsLetter) < 0 {
			return tongue{}
		}
		return tongue{"Latin", latinLanguage(head)}
	}
	latin, others := 0, map[string]int{}
	for _, r := range head {
		switch {
		case r < 0x250:
			if unicode.IsLetter(r) {
				latin++
			}
		case unicode.IsLetter(r):
			others[scriptOf(r)]++
		}
	}
	latin += others["Latin"]
	delete(others, "Latin")
	t := tongue{script: "Latin"}
	most := latin
	for script, n := range others {
		if n > most || n == most && script < t.script {
			t.script, most = script, n
		}
	}
	switch {
	case most == 0:
		return tongue{}
	case t.script == "Latin":
		t.language = latinLanguage(head)
	case t.script == "Han" && others["Kana"] > 0:
		t.script = "Kana"
	}
	return t
}

// tongueScripts are the scripts that tell languages, but for Latin.
var tongueScripts = sync.OnceValue(func() (list []namedScript) {
	list = append(list, namedScript{"Kana", []*unicode.RangeTable{unicode.Hiragana, unicode.Katakana}})
	for _, name := range strings.Fields("Han Cyrillic Arabic Hangul Devanagari Greek Hebrew Thai Bengali Tamil Telugu Gujarati Kannada Gurmukhi Latin") {
		list = append(list, namedScript{name, []*unicode.RangeTable{unicode.Scripts[name]}})
	}
	return list
})

type namedScript struct {
	name   string
	tables []*unicode.RangeTable
}

// scriptOf names the script of a letter.
func scriptOf(r rune) string {
	for _, s := range tongueScripts() {
		if unicode.In(r, s.tables...) {
			return s.name
		}
	}
	return "other"
}

// latinLanguage is the language with the most frequent words, two at least and
// more than any other. s is in lower case.
func latinLanguage(s string) string {
	const least = 2
	of := votesOf()
	votes := make([]int, len(of.languages))
	for word := range strings.FieldsFuncSeq(s, notLetter) {
		for _, l := range of.words[word] {
			votes[l]++
		}
	}
	first, second, language := 0, 0, ""
	for l, n := range votes {
		switch {
		case n > first:
			first, second, language = n, first, of.languages[l]
		case n > second:
			second = n
		}
	}
	if first < least || first == second {
		return ""
	}
	return language
}

func notLetter(r rune) bool {
	if r < unicode.MaxASCII {
		return r < 'a' || r > 'z'
	}
	return !unicode.IsLetter(r)
}

// ballot numbers the languages that frequent words vote for.
type ballot struct {
	languages []string
	words     map[string][]uint8
}

var votesOf = sync.OnceValue(func() (b ballot) {
	b.languages, b.words = slices.Sorted(maps.Keys(frequentWords)), map[string][]uint8{}
	for l, language := range b.languages {
		for _, w := range strings.Fields(frequentWords[language]) {
			b.words[w] = append(b.words[w], uint8(l))
		}
	}
	return b
})

package scorers

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"

	"holdtrue/eval"
)

var scriptScorer = &eval.Scorer{
	Name: "script",
	Doc: `1 if the output is written in the wanted writing system, or language.

The share of its letters that belong to one of the scripts of the argument scripts
(names of Unicode: Latin, Han, Hiragana, Cyrillic, ...) must be at least share. A
language is told by its script where no other common language has it (ja, ko, th,
hi, ...), and for languages of the Latin script by a vote of their most frequent
words: at least min_words of them, and more than of any other language here. It is a
vote and not a language detector: short answers may have no such word, and closely
related languages share many. Known: de, en, es, fi, fr, id, it, nl, pl, pt, sv, sw,
tr, vi; and ar, bg, bn, el, fa, gu, he, hi, ja, kn, ko, mr, ne, pa, ru, ta, te, th,
uk, ur, zh by script, where languages that share one cannot be told apart. Eight
Han letters or more without any kana are Chinese and not Japanese; fewer, such as
a name, may be either.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &scriptDefaults,
	New:     withArgs(&scriptDefaults, newScript),
}

type scriptArgs struct {
	Scripts  list    `json:"scripts,omitzero" doc:"names of Unicode scripts"`
	Language string  `json:"language,omitzero" doc:"a language by its ISO 639-1 code, instead of scripts"`
	Share    float64 `json:"share" doc:"the least share of the letters, from 0 to 1"`
	MinWords int     `json:"min_words" doc:"the least number of a Latin language's frequent words"`
}

var scriptDefaults = scriptArgs{Share: 0.5, MinWords: 1}

// languageScripts are the scripts of the languages that they tell.
var languageScripts = map[string]string{
	"ar": "Arabic", "fa": "Arabic", "ur": "Arabic", "bg": "Cyrillic", "ru": "Cyrillic", "uk": "Cyrillic", "bn": "Bengali",
	"el": "Greek", "gu": "Gujarati", "he": "Hebrew", "hi": "Devanagari", "mr": "Devanagari", "ne": "Devanagari",
	"ja": "Hiragana Katakana Han", "zh": "Han", "kn": "Kannada", "ko": "Hangul", "pa": "Gurmukhi", "ta": "Tamil", "te": "Telugu", "th": "Thai",
}

// frequentWords are short words that few other languages of the Latin script have.
var frequentWords = map[string]string{
	"en": "the and of to is in that it was for on are with as this be have from or by not but what all were when we there can an your which their if do will each about how them then she many some so these would other into has more her him could no than been who its now only may over such our under",
	"de": "der die das und ist nicht ein eine zu den mit auf für von dem sich des im auch es an werden aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum haben nur oder aber vor zur bis mehr durch man sein wurde",
	"fr": "le la les et est des une du que dans qui pour pas sur plus avec par au ce il ne se sont mais ou cette nous vous leur aux été comme ses être fait elle tout ces même sans très",
	"es": "el los las y es una del que para con por se no su al lo como más pero sus le ya o este sí porque esta entre cuando muy sin sobre también me hasta hay donde quien desde todo nos durante todos uno",
	"it": "il di che è la e per una sono con non si da un gli del della nel alla anche come più ma dei questo ha delle lo nella dal sua loro o essere ed questa ai se degli perché quando",
	"pt": "o os as e é uma do da que para com não em um no na por se dos das mais ao como mas foi ele ou seu sua são também pelo pela até isso quando muito nos já está seus você à",
	"nl": "de het een van en in is dat op te zijn met voor niet die aan er om als ook maar bij of uit door naar werd heeft hij ze kan meer wordt over nog deze wat worden tot je geen zich zo",
	"sv": "och att det i en som är på av för med den till inte har de ett om var jag han men så kan från vi eller när sig ska också under hade efter vid nu mycket",
	"fi": "ja on ei se että oli hän mutta ovat joka kun niin myös kuin tai sen mukaan jos voi vain nyt ole ne olla siitä sekä jotka hänen tämä minä sinun tässä",
	"pl": "i w na z się nie do to jest że o jak po ale za od co czy przez tak dla ich są był może tylko jego być już która które który ze oraz przy",
	"tr": "ve bir bu için da de ile çok ne daha gibi olarak kadar en olan var değil sonra ama ben o her mi şey diye ya",
	"id": "yang dan di untuk dengan tidak ini dari dalam itu akan pada juga saya ke karena ada bisa oleh atau mereka kita sudah anda lebih adalah telah dapat seperti",
	"vi": "và của là có không cho một được người trong những các với để này đã đến khi cũng ra về như từ tôi nhiều lại sẽ",
	"sw": "na ya wa kwa ni katika za la kuwa cha hii kama yake wao lakini hiyo pia kwamba sana au watu zaidi vya huu yako kila",
}

func newScript(args scriptArgs, _ string) (eval.Judge, error) {
	if err := inUnit("share", args.Share); err != nil {
		return nil, err
	}
	if (len(args.Scripts) == 0) == (args.Language == "") {
		return nil, &eval.InputError{Msg: "one of the arguments scripts and language is needed", Hint: "write {script: {scripts: [Latin]}} or {script: {language: de}}"}
	}
	names := []string(args.Scripts)
	votes := frequentWords[args.Language] != ""
	if args.Language != "" {
		names = strings.Fields(languageScripts[args.Language])
		if votes {
			names = []string{"Latin"}
		} else if len(names) == 0 {
			return nil, errors.New("language: no language " + quote(args.Language) + " is known here; run `holdtrue scorers script` for those that are")
		}
	}
	var tables []*unicode.RangeTable
	for _, n := range names {
		t, ok := unicode.Scripts[n]
		if !ok {
			return nil, fmt.Errorf("scripts: Unicode has no script %q; known are Latin, Cyrillic, Greek, Han, Hiragana, Arabic and others", n)
		}
		tables = append(tables, t)
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		letters, inside := 0, 0
		for _, r := range s.Output.Text {
			if unicode.IsLetter(r) {
				letters++
				if unicode.In(r, tables...) {
					inside++
				}
			}
		}
		switch {
		case letters == 0:
			return eval.Skip("the output has no letters")
		case float64(inside) < args.Share*float64(letters):
			return eval.Value(0, fmt.Sprintf("%d of %s are %s", inside, count(letters, "letter"), strings.Join(names, " or ")))
		case args.Language == "ja" && onlyHan(s.Output.Text):
			return eval.Value(0, "Han letters without any kana")
		case votes:
			return languageVote(outputWords(s, unicodeWords), args.Language, args.MinWords)
		}
		return eval.Value(1, "")
	}), nil
}

// onlyHan reports whether a text has more Han letters than a Japanese name or term
// has, and no kana, which every Japanese sentence has.
func onlyHan(s string) bool {
	han := 0
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Hiragana, unicode.Katakana):
			return false
		case unicode.Is(unicode.Han, r):
			han++
		}
	}
	return han >= 8
}

// languagesOf gives the languages that have a frequent word.
var languagesOf = sync.OnceValue(func() map[string][]string {
	of := map[string][]string{}
	for _, l := range slices.Sorted(maps.Keys(frequentWords)) {
		for _, w := range strings.Fields(frequentWords[l]) {
			of[w] = append(of[w], l)
		}
	}
	return of
})

// languageVote counts frequent words. A word that several languages have counts
// for each.
func languageVote(words []string, language string, least int) eval.Score {
	const enough = 5000 // words tell the language
	votes := map[string]int{}
	for _, w := range words[:min(len(words), enough)] {
		for _, l := range languagesOf()[w] {
			votes[l]++
		}
	}
	most := language
	for l, n := range votes {
		if n > votes[most] || n == votes[most] && l < most && most != language {
			most = l
		}
	}
	if votes[language] < least {
		return eval.Value(0, fmt.Sprintf("%s of %s", count(votes[language], "frequent word"), language))
	}
	if votes[most] > votes[language] {
		return eval.Value(0, fmt.Sprintf("%d frequent words of %s, %d of %s", votes[language], language, votes[most], most))
	}
	return eval.Value(1, "")
}

package scorers_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"sort"
	"strings"
	"testing"

	"holdtrue/eval"
)

// rule is an instruction of IFEval with its arguments.
type rule struct {
	ID   string          `json:"id"`
	Args json.RawMessage `json:"args"`
}

// ruleArgs are the arguments of every instruction.
type ruleArgs struct {
	Relation     string   `json:"relation"`
	LetRelation  string   `json:"let_relation"`
	CapRelation  string   `json:"capital_relation"`
	CapFrequency int      `json:"capital_frequency"`
	Frequency    int      `json:"frequency"`
	LetFrequency int      `json:"let_frequency"`
	Letter       string   `json:"letter"`
	Keyword      string   `json:"keyword"`
	Keywords     []string `json:"keywords"`
	Forbidden    []string `json:"forbidden_words"`
	Language     string   `json:"language"`
	Marker       string   `json:"postscript_marker"`
	Placeholders int      `json:"num_placeholders"`
	Splitter     string   `json:"section_spliter"`
	Sections     int      `json:"num_sections"`
	Bullets      int      `json:"num_bullets"`
	Highlights   int      `json:"num_highlights"`
	Paragraphs   int      `json:"num_paragraphs"`
	Nth          int      `json:"nth_paragraph"`
	FirstWord    string   `json:"first_word"`
	Sentences    int      `json:"num_sentences"`
	Words        int      `json:"num_words"`
	EndPhrase    string   `json:"end_phrase"`
	Prompt       string   `json:"prompt_to_repeat"`
	Items        int      `json:"num_items"`
	Letters      int      `json:"num_letters"`
	KanjiLimit   int      `json:"kanji_limit"`
}

type object = map[string]any

// bounded writes min or max as IFEval's relations mean them.
func bounded(o object, relation string, n int) object {
	if relation == "less than" || relation == "未満" {
		o["max"] = n - 1
		if n == 0 {
			o["max"], o["min"] = 0, 1 // nothing is less than 0
		}
	} else {
		o["min"] = n
	}
	return o
}

func metricOf(scorer string, args object) object { return object{scorer: args} }

// instruction expresses a rule with the project's scorers; nil: it cannot be.
func instruction(id string, a ruleArgs, japanese bool) []object {
	count := func(scorer string, o object, relation string, n int) []object {
		return []object{metricOf(scorer, bounded(o, relation, n))}
	}
	matches := func(pattern, relation string, n int) []object {
		return count("regex-count", object{"pattern": pattern}, relation, n)
	}
	if japanese { // has marks of its own
		switch id {
		case "detectable_format:number_bullet_lists":
			return []object{metricOf("structure", object{"element": "bullets", "marks": "・", "min": a.Bullets, "max": a.Bullets})}
		case "detectable_format:number_highlighted_sections":
			return matches(`《[^《》\n]+》`, "at least", a.Highlights)
		case "detectable_format:title":
			return matches(`『[^『』\n]+』`, "at least", 1)
		case "detectable_format:multiple_sections":
			return matches(`第[\pN一二三四五六七八九十]+`+a.Splitter, "at least", a.Sections)
		case "length_constraints:nth_paragraph_first_word":
			return []object{
				metricOf("length-within", object{"unit": "paragraphs", "min": a.Paragraphs, "max": a.Paragraphs}),
				metricOf("starts-with", object{"values": a.FirstWord, "transform": []any{object{"paragraph": a.Nth}, object{"remove": "「『"}}}),
			}
		case "detectable_content:postscript":
			return []object{metricOf("contains", object{"values": a.Marker, "case_sensitive": false})}
		}
	}
	switch id {
	case "change_case:capital_word_frequency":
		return count("structure", object{"element": "capitals"}, a.CapRelation, a.CapFrequency)
	case "change_case:english_capital":
		return []object{metricOf("letter-case", object{"case": "upper"}), metricOf("script", object{"language": "en", "min_words": 0})}
	case "change_case:english_lowercase":
		return []object{metricOf("letter-case", object{"case": "lower"}), metricOf("script", object{"language": "en", "min_words": 0})}
	case "combination:repeat_prompt":
		return []object{metricOf("starts-with", object{"values": a.Prompt, "case_sensitive": false})}
	case "combination:two_responses":
		return []object{metricOf("structure", object{"element": "paragraphs", "separator": "******", "min": 2, "max": 2, "distinct": true})}
	case "detectable_content:number_placeholders":
		return count("structure", object{"element": "placeholders"}, "at least", a.Placeholders)
	case "detectable_content:postscript":
		return []object{metricOf("postscript", object{"marker": a.Marker, "text": "allow"})}
	case "detectable_format:constrained_response":
		if japanese {
			return []object{metricOf("contains-any", object{"values": []string{"はい、そうです。", "いいえ、違います。", "どちらとも言えません。"}})}
		}
		return []object{metricOf("contains-any", object{"values": []string{"My answer is yes.", "My answer is no.", "My answer is maybe."}})}
	case "detectable_format:json_format":
		return []object{metricOf("json", object{"fenced": "allow"})}
	case "detectable_format:multiple_sections":
		return count("structure", object{"element": "sections", "separator": a.Splitter}, "at least", a.Sections)
	case "detectable_format:number_bullet_lists":
		return []object{metricOf("structure", object{"element": "bullets", "marks": "*-", "min": a.Bullets, "max": a.Bullets})}
	case "detectable_format:number_numbered_lists":
		return []object{metricOf("structure", object{"element": "numbered", "min": a.Items, "max": a.Items})}
	case "detectable_format:number_highlighted_sections":
		return count("structure", object{"element": "highlights"}, "at least", a.Highlights)
	case "detectable_format:title":
		return count("structure", object{"element": "titles"}, "at least", 1)
	case "keywords:existence":
		return []object{metricOf("keywords", object{"words": a.Keywords, "match": "part"})}
	case "keywords:forbidden_words":
		return []object{metricOf("keywords", object{"words": a.Forbidden, "max": 0})}
	case "keywords:frequency":
		return count("keywords", object{"words": a.Keyword, "match": "part"}, a.Relation, a.Frequency)
	case "keywords:letter_frequency":
		return count("characters", object{"of": a.Letter}, a.LetRelation, a.LetFrequency)
	case "language:response_language":
		return []object{metricOf("script", object{"language": a.Language})}
	case "length_constraints:nth_paragraph_first_word":
		return []object{
			metricOf("length-within", object{"unit": "paragraphs", "min": a.Paragraphs, "max": a.Paragraphs}),
			metricOf("regex", object{"pattern": `(?i)^["']*` + regexp.QuoteMeta(a.FirstWord) + `(?:[\s.,?!'"]|$)`, "transform": []any{object{"paragraph": a.Nth}}}),
		}
	case "length_constraints:number_paragraphs":
		return []object{metricOf("structure", object{"element": "paragraphs", "separator": "***", "min": a.Paragraphs, "max": a.Paragraphs})}
	case "length_constraints:number_sentences":
		return count("length-within", object{"unit": "sentences"}, a.Relation, a.Sentences)
	case "length_constraints:number_words":
		return matches(`[\pL\pN_]+`, a.Relation, a.Words)
	case "length_constraints:number_letters":
		return count("length-within", object{"unit": "characters"}, a.Relation, a.Letters)
	case "punctuation:no_comma":
		return []object{metricOf("characters", object{"of": ",，、", "max": 0})}
	case "punctuation:no_period":
		return []object{metricOf("characters", object{"of": "。．", "max": 0})}
	case "startend:end_checker":
		return []object{metricOf("ends-with", object{"values": a.EndPhrase, "case_sensitive": false, "ignore": `"`})}
	case "startend:quotation":
		return []object{metricOf("quoted", object{})}
	case "letters:no_hiragana":
		return []object{metricOf("characters", object{"class": "Hiragana", "max": 0})}
	case "letters:no_katakana":
		return []object{metricOf("characters", object{"class": "Katakana", "max": 0})}
	case "letters:hiragana_only":
		return []object{metricOf("characters", object{"class": "Katakana", "max": 0}), metricOf("characters", object{"class": "Han", "max": 0}), metricOf("characters", object{"class": "Latin", "max": 0})}
	case "letters:katakana_only":
		return []object{metricOf("characters", object{"class": "Hiragana", "max": 0}), metricOf("characters", object{"class": "Han", "max": 0}), metricOf("characters", object{"class": "Latin", "max": 0})}
	case "letters:kansuuji":
		return []object{metricOf("characters", object{"class": "Nd", "max": 0})}
	case "letters:kanji":
		return count("characters", object{"class": "Han"}, a.Relation, a.KanjiLimit)
	}
	return nil
}

// TestInstructionsOfIFEval holds the scorers to the verdicts of the reference
// checker on real outputs of six models.
func TestInstructionsOfIFEval(t *testing.T) {
	type tally struct{ agree, n int }
	byRule := map[string]*tally{}
	var all tally
	left := map[string]int{}
	for _, language := range []string{"en", "ja"} {
		for name, rs := range records(t, "ifeval/"+language) {
			for _, r := range rs {
				for i, ru := range r.Truth.Rules {
					var a ruleArgs
					if err := json.Unmarshal(ru.Args, &a); err != nil {
						t.Fatal(err)
					}
					metrics := instruction(ru.ID, a, language == "ja")
					if metrics == nil {
						left[ru.ID]++
						continue
					}
					key := language + " " + ru.ID
					if byRule[key] == nil {
						byRule[key] = &tally{}
					}
					args, err := json.Marshal(object{"metrics": metrics})
					if err != nil {
						t.Fatal(err)
					}
					got := bind(t, "all-of", string(args)).Score(t.Context(), r.sample())
					ok := got.Status == eval.Scored && got.Value == 1
					byRule[key].n++
					all.n++
					if ok == r.Truth.Strict[i] {
						byRule[key].agree++
						all.agree++
					} else if testing.Verbose() && byRule[key].n-byRule[key].agree < 4 {
						t.Logf("%s %s %s: ours %v (%s), reference %v: %s", name, r.ID, ru.ID, ok, got.Reason, r.Truth.Strict[i], ru.Args)
					}
				}
			}
		}
	}
	var lines []string
	for key, c := range byRule {
		lines = append(lines, fmt.Sprintf("%-52s %4d of %4d  %5.1f %%", key, c.agree, c.n, 100*float64(c.agree)/float64(c.n)))
	}
	sort.Strings(lines)
	t.Logf("agreement with the reference checker: %d of %d (%.2f %%)\n%s\nnot expressed: %v", all.agree, all.n, 100*float64(all.agree)/float64(all.n), strings.Join(lines, "\n"), left)
	if float64(all.agree) < 0.99*float64(all.n) {
		t.Errorf("%d of %d instructions agree, want 99 %%", all.agree, all.n)
	}
}

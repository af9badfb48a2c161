package scorers_test

import (
	"strings"
	"testing"
)

func TestStructure(t *testing.T) {
	check(t, "structure", []row{
		{why: "bullets", args: `{"element":"bullets","min":3,"max":3}`, output: "List:\n* a\n - b\n• c\n**bold**\n---\n", want: 1},
		{why: "too few", args: `{"element":"bullets","min":3}`, output: "* a", want: 0, reason: "1 bullet, at least 3 wanted"},
		{why: "numbered", args: `{"element":"numbered","min":2,"max":2}`, output: "1. a\n2) b\n3 c", want: 1},
		{why: "lists", args: `{"element":"lists","min":4,"max":4}`, output: "So:\n1. a\n- b\n2) c\n• d\nthe 3. e", want: 1},
		{why: "no list", args: `{"element":"lists","min":1}`, output: "2026 was\na year - so", want: 0, reason: "0 list lines, at least 1"},
		{why: "headings", args: `{"element":"headings","min":2,"max":2}`, output: "# A\n### B\n#hash", want: 1},
		{why: "paragraphs", args: `{"element":"paragraphs","min":2,"max":2}`, output: "a\nb\n \nc", want: 1},
		{why: "divided by a mark", args: `{"element":"paragraphs","separator":"***","min":2,"max":2}`, output: "a\n***\nb", want: 1},
		{why: "nothing between two marks", args: `{"element":"paragraphs","separator":"***","min":1}`, output: "a***\n***b", want: 0, reason: "empty paragraph"},
		{why: "distinct", args: `{"element":"paragraphs","separator":"***","distinct":true}`, output: "a *** a", want: 0, reason: "the same"},
		{why: "distinct bullets", args: `{"distinct":true}`, output: "- a\n- b\n* c", want: 1},
		{why: "two bullets alike", args: `{"distinct":true}`, output: "- a\n* b\n  * a \n", want: 0, reason: `two bullets are the same: "a"`},
		{why: "no bullets are distinct", args: `{"distinct":true}`, output: "a\n\na", want: 1},
		{why: "distinct, but too few", args: `{"distinct":true,"min":1}`, output: "a\n\na", want: 0, reason: "0 bullets"},
		{why: "distinct headings", args: `{"distinct":true,"element":"headings"}`, output: "# A\n# B\n# C", want: 1},
		{why: "two headings alike", args: `{"distinct":true,"element":"headings"}`, output: "# A\r\n# B\r\n## A ##\r\n", want: 0, reason: "two headings"},
		{why: "two items alike", args: `{"distinct":true,"element":"numbered"}`, output: "1. a\n2. a", want: 0},
		{why: "two tables alike", args: `{"distinct":true,"element":"tables"}`, output: "a|b\n-|-\n1|2\n\na|b\n-|-\n1|2", want: 0},
		{why: "two tables", args: `{"distinct":true,"element":"tables","min":2,"max":2}`, output: "a|b\n-|-\n1|2\n\na|b\n-|-\n1|3", want: 1},
		{why: "a table of CRLF", args: `{"element":"tables","min":1,"max":1}`, output: "| a | b |\r\n|---|---|\r\n| 1 | 2 |\r\n", want: 1},
		{why: "aligned", args: `{"element":"tables","min":1,"max":1}`, output: "|a|b|\n|:-:|:-:|\n|1|2|", want: 1},
		{why: "one dash", args: `{"element":"tables","min":1,"max":1}`, output: "|a|\n|-|\n|1|", want: 1},
		{why: "two dashes", args: `{"element":"tables","min":1,"max":1}`, output: "|a|b|\n|--|--|\n|1|2|", want: 1},
		{why: "one column", args: `{"element":"tables","min":1,"max":1}`, output: "|a|\n|---|\n|1|", want: 1},
		{why: "a row of dashes alone", args: `{"element":"tables","max":0}`, output: "x\n\n|---|---|\n", want: 1},
		{why: "another number of cells", args: `{"element":"tables","max":0}`, output: "|a|\n|---|---|\n", want: 1},
		{why: "a rule is no table", args: `{"element":"tables","max":0}`, output: "a\n---\nb", want: 1},
		{why: "sections", args: `{"element":"sections","separator":"PART","min":2}`, output: "PART 1 x PART 2", want: 1},
		{why: "highlights", args: `{"element":"highlights","min":2,"max":2}`, output: "*a* and **b** and ** **", want: 1},
		{why: "placeholders", args: `{"element":"placeholders","min":1,"max":1}`, output: "Dear [name],", want: 1},
		{why: "titles", args: `{"element":"titles","max":0}`, output: "<< >>", want: 1},
		{why: "code", args: `{"element":"code","min":1,"max":1}`, output: "```\nx\n```\n~~~\nopen", want: 1},
		{why: "tables", args: `{"element":"tables","min":1}`, output: "| a | b |\n|---|---|\n| 1 | 2 |", want: 1},
		{why: "capitals", args: `{"element":"capitals","min":2,"max":2}`, output: "NASA and the EU agree, we think 30", want: 1},
		{why: "links", args: `{"element":"links","max":0}`, output: "see https://x.y", want: 0},
	})
}

func TestKeywordsAndCharacters(t *testing.T) {
	check(t, "keywords", []row{
		{why: "all there", args: `{"words":["refund","30 days"]}`, output: "Refund within 30  days", want: 1, evidence: "Refund"},
		{why: "a part is no word", args: `{"words":"fun"}`, output: "refund", want: 0, reason: `"fun" occurs 0 times`},
		{why: "a part", args: `{"words":"fun","match":"part"}`, output: "refund", want: 1},
		{why: "forbidden", args: `{"words":["free"],"max":0}`, output: "It is free.", want: 0, reason: "occurs 1 time, at most 0 wanted"},
		{why: "no blanks in Japanese", args: `{"words":"東京"}`, output: "私は東京です", want: 1},
		{why: "an accented edge", args: `{"words":"caf"}`, output: "café", want: 0},
		{why: "twice in a row", args: `{"words":"a","min":2}`, output: "a a", want: 1},
		{why: "case", args: `{"words":"US","case_sensitive":true}`, output: "us", want: 0},
	})
	check(t, "characters", []row{
		{why: "no comma", args: `{"of":",","max":0}`, output: "a, b", want: 0, reason: "1 such character, at most 0 wanted"},
		{why: "letters of either case", args: `{"of":"q","min":2}`, output: "Qq", want: 1},
		{why: "a script", args: `{"class":"Han","max":0}`, output: "ひらがな", want: 1},
		{why: "special in patterns", args: `{"of":"]^-","min":3,"max":3}`, output: "a]^-z", want: 1},
	})
	check(t, "regex-count", []row{
		{why: "matches", args: `{"pattern":"\\d+","min":2,"max":2}`, output: "1 and 22", want: 1},
		{why: "too many", args: `{"pattern":"\\d+","max":1}`, output: "1 and 22", want: 0, reason: "2 matches, at most 1 wanted"},
	})
	check(t, "length-within", []row{
		{why: "sentences", args: `{"unit":"sentences","max":2}`, output: "Dr. A came. He left.", want: 1},
		{why: "lines", args: `{"unit":"lines","min":2,"max":2}`, output: "a\n\nb\n", want: 1},
		{why: "paragraphs", args: `{"unit":"paragraphs","max":1}`, output: "a\n\nb", want: 0, reason: "2 paragraphs"},
		{why: "tokens", args: `{"unit":"tokens","max":2}`, output: "12345678", want: 1},
	})
}

func TestManners(t *testing.T) {
	check(t, "letter-case", []row{
		{why: "lower", output: "all lower, 30 東京", want: 1},
		{why: "not", output: "all Lower", want: 0, reason: "is not in lower case", evidence: "Lower"},
		{why: "upper", args: `{"case":"upper"}`, output: "ALL UPPER!", want: 1},
		{why: "no letters", output: "30", want: 0, reason: "no letter with a case"},
	})
	check(t, "quoted", []row{
		{why: "plain marks", output: ` "a" `, want: 1}, {why: "typographic", output: "“a”", want: 1}, {why: "half", output: `"a`, want: 0},
		{why: "one mark is not two", output: `"`, want: 0},
	})
	check(t, "postscript", []row{
		{why: "no text", output: "Bye.\nP.S. ** \n", want: 0, reason: `no "P.S." with text behind it`},
		{why: "no text needed", args: `{"text":"allow"}`, output: "Bye.\nP.S.", want: 1, evidence: "P.S."},
		{why: "the end of a word", output: "Look at the map. S. America", want: 0},
		{why: "behind a word's end", output: "the map. S. America\n\n**P.S.** ok", want: 1, evidence: "P.S."},
		{why: "a second one", output: "P.P.S. ok", want: 1},
		{why: "a script without blanks", args: `{"marker":"追伸"}`, output: "では追伸：元気で", want: 1, evidence: "追伸"},
		{why: "there", output: "Bye.\nP. S. Write soon", want: 1, evidence: "P. S."}, {why: "absent", output: "Bye.", want: 0, reason: "no"},
	})
	check(t, "script", []row{
		{why: "Latin", args: `{"scripts":"Latin"}`, output: "Hello Москва", want: 0, reason: "5 of 11 letters are Latin"},
		{why: "a language by script", args: `{"language":"ja"}`, output: "東京は首都です", want: 1},
		{why: "a Japanese name", args: `{"language":"ja"}`, output: "東京", want: 1},
		{why: "Chinese is not Japanese", args: `{"language":"ja"}`, output: "北京是中国的首都。", want: 0, reason: "without any kana"},
		{why: "Chinese", args: `{"language":"zh"}`, output: "北京是中国的首都。", want: 1},
		{why: "a language by vote", args: `{"language":"de"}`, output: "Das ist nicht der Preis.", want: 1},
		{why: "another language", args: `{"language":"en"}`, output: "Das ist nicht der Preis.", want: 0, reason: "frequent words of en"},
		{why: "no letters", args: `{"language":"en"}`, output: "30", want: skipped},
	})
	check(t, "script", []row{{why: "long", args: `{"language":"en"}`, output: strings.Repeat("the price of this ", 10_000), want: 1}})
}

func TestFaultsOfForm(t *testing.T) {
	check(t, "truncated", []row{
		{why: "whole", output: "You can return it within 30 days.", want: 0},
		{why: "in mid-sentence", output: "You can return it within 30 days of the", want: 1, reason: "mid-sentence"},
		{why: "an open fence", output: "```go\nx := 1\n", want: 1, reason: "code fence"},
		{why: "a closed one", output: "So:\n```go\nx := 1\n```", want: 0},
		{why: "half an object", output: `{"a": [1, 2`, want: 1, reason: "JSON"},
		{why: "an object", output: `{"a": [1, 2]}`, want: 0},
		{why: "an open bracket", output: "See the manual (page 3.", want: 1, reason: "is not closed"},
		{why: "a short answer", output: "30 days", want: 0},
		{why: "a list", output: "- one of the many things here\n- another of those many things", want: 0},
		{why: "emphasis", output: "This is the one and **only answer**", want: 0},
		{why: "a link at the end", output: "Please see the details at https://example.com/foo", want: 0},
		{why: "an address at the end", output: "Please write us an email at help@example.com", want: 0},
		{why: "a half-open interval", output: "The interval is [0, 1).", want: 0},
		{why: "the other half", output: "x ∈ (0, 1].", want: 0},
		{why: "an open interval that is cut", output: "The interval is [0, 1.", want: 1, reason: "is not closed"},
		{why: "a smiley", output: "I'm sorry to hear that :(", want: 0},
		{why: "no smiley", output: "Take a note:(see there.", want: 1, reason: "is not closed"},
		{why: "a list that is cut", output: "There are two: (a, b", want: 1, reason: "is not closed"},
		{why: "a bracket behind a colon", output: "There are two: (see there.", want: 1, reason: "is not closed"},
		{why: "code", output: "Use the `[` operator to test.", want: 0},
		{why: "code that is cut", output: "Call `f(x, the last one", want: 1, reason: "is not closed"},
		{why: "an earlier paragraph", output: "Sure (see above\r\n\r\nAll is well now.", want: 0},
		{why: "empty", output: "", want: 0},
	})
	check(t, "repetition", []row{
		{why: "none", output: "one two three four five six seven", want: 0},
		{why: "a loop", args: `{"n":2}`, output: "a b a b a b", want: 0.6, reason: "3 of 5 runs of 2 words stood there before"},
		{why: "short", output: "a a a", want: 0},
	})
	check(t, "hedging", []row{
		{why: "two in eight words", output: "I think it might be so, not sure.", want: 25, reason: "2 hedges in 8 words", evidence: "I think"},
		{why: "none", output: "It is so.", want: 0, reason: "0 hedges"},
		{why: "German", output: "Das ist vielleicht so.", want: 25, reason: "1 hedge"},
		{why: "the longer one counts once", output: "it seems so to me", want: 20, reason: "1 hedge"},
		{why: "empty", output: "!", want: skipped},
	})
	check(t, "leakage", []row{
		{why: "an address", output: "Write to anna@example.com.", want: 1, reason: "holds email (1)", evidence: "anna@example.com"},
		{why: "an allowed one", args: `{"allow":"@example\\.com$"}`, output: "Write to anna@example.com.", want: 0},
		{why: "another kind", args: `{"kinds":["card"]}`, output: "Write to anna@example.com.", want: 0},
		{why: "nothing", output: "Write to us.", want: 0},
		{why: "a card before its date", output: "Card: 4111 1111 1111 1111 12/27", want: 1, reason: "holds card (1)", evidence: "4111 1111 1111 1111"},
		{why: "a variable's value", output: "DB_PASSWORD=Sup3rSecret1", want: 1, reason: "holds key (1)", evidence: "Sup3rSecret1"},
		{why: "a variable's name", output: "const token = process.env.TOKEN2", want: 0},
	})
	check(t, "not-leakage", []row{{why: "wanted absent", output: "a@b.de", want: 0, reason: "holds email (1)"}})
}

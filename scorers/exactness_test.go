package scorers_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestEndsWith(t *testing.T) {
	check(t, "ends-with", []row{
		{why: "before white space", expected: one("bye."), output: "Good bye. \n", want: 1, evidence: "bye."},
		{why: "earlier is not the end", expected: one("bye"), output: "bye, you", want: 0, reason: `ends "bye, you", not "bye"`},
		{why: "without case", args: `{"values":"BYE","case_sensitive":false}`, output: "good bye", want: 1, evidence: "bye"},
		{why: "folded to more letters", args: `{"values":"STRASSE","case_sensitive":false}`, output: "in der Straße", want: 1},
		{why: "accents", expected: one("été"), output: "un e\u0301te\u0301", want: 1},
		{why: "a closing mark ignored", args: `{"values":"bye.","ignore":"\""}`, output: `"Good bye."`, want: 1},
		{why: "nothing expected", output: "x", want: skipped},
	})
}

func TestChoice(t *testing.T) {
	check(t, "choice", []row{
		{why: "the letter alone", expected: one("B"), output: "b", want: 1, evidence: "b"},
		{why: "in brackets", expected: one("B"), output: "I think A is wrong, so (B) it is.", want: 1, evidence: "B"},
		{why: "the last sentence counts", expected: one("C"), output: "The answer is B? No: the answer is C.", want: 1},
		{why: "boxed", expected: one("(D)"), output: `Thus $\boxed{D}$.`, want: 1},
		{why: "emphasised", expected: one("A"), output: "**Answer:** **A**", want: 1},
		{why: "at the beginning of a line", expected: one("B"), output: "B. Because A costs more.", want: 1},
		{why: "an article is no choice", expected: one("A"), output: "A dog is an animal", want: 0, reason: "none of the options"},
		{why: "wrong", expected: one("A"), output: "(C)", want: 0, reason: "chooses C, expected A"},
		{why: "an afterword", expected: one("C"), output: "The answer is C. Option B is wrong since it costs more.", want: 1},
		{why: "chosen over another", expected: one("C"), output: "I choose C over option A.", want: 1},
		{why: "denied", expected: one("B"), output: "The answer is not B.", want: 0, reason: "none of the options"},
		{why: "a small letter behind answer", expected: one("B"), output: "So, answer: b.", want: 1},
		{why: "a word is none", expected: one("A"), output: "The answer is a dog.", want: 0},
		{why: "an emphasised name", expected: one("A"), output: "**Correct Answer**: A", want: 1},
		{why: "others behind it fail", expected: one("B"), output: "**Answer**: B. Options C and D fail.", want: 1},
		{why: "below a heading", expected: one("A"), output: "### Answer\nA", want: 1},
		{why: "below a heading, a sentence", expected: one("A"), output: "### Answer\nA dog is meant.", want: 0, reason: "none of the options"},
		{why: "the choice is", expected: one("A"), output: "The correct choice is A.", want: 1},
		{why: "the choice is, an article", expected: one("A"), output: "The best choice is A balanced diet.", want: 0, reason: "none of the options"},
		{why: "is correct", expected: one("A"), output: "A is correct.", want: 1},
		{why: "is correct, others are not", expected: one("B"), output: "B is the correct answer. A and C are wrong.", want: 1},
		{why: "the option is correct", expected: one("B"), output: "Option B is correct. Option A is wrong because it is old.", want: 1},
		{why: "a letter of a name", expected: one("B"), output: "Vitamin C is best known for this; I choose B.", want: 1},
		{why: "the best option", expected: one("B"), output: "The best option is B. Option C ignores the cost.", want: 1},
		{why: "in a tag", expected: one("A"), output: "<answer>A</answer>", want: 1},
		{why: "in JSON", expected: one("A"), output: `{"answer":"A"}`, want: 1},
		{why: "in Chinese", expected: one("A"), output: "答案：A", want: 1},
		{why: "others in the reason", expected: one("D"), output: "(D) All of the above, since (A), (B) and (C) hold.", want: 1},
		{why: "a reason that comes first", expected: one("B"), output: "Because (A) and (C) are false, it must be (B).", want: 1},
		{why: "nothing but a reason", expected: one("C"), output: "It fails because of (C).", want: 1},
		{why: "therefore", expected: one("B"), output: "The answer is therefore (B), since (C) is false", want: 1},
		{why: "a small letter at the beginning", expected: one("B"), output: "b) Paris", want: 1},
		{why: "a list is no choice", expected: one("B"), output: "a) one\nb) two", want: 0, reason: "none of the options"},
		{why: "no letter is expected", expected: one("Paris"), output: "A", want: skipped},
		{why: "other options", args: `{"options":"XY"}`, expected: one("X"), output: "X", want: 1},
	})
}

func TestDate(t *testing.T) {
	check(t, "date", []row{
		{why: "in other words", expected: one("2026-11-20"), output: "It was on November 20th, 2026.", want: 1, evidence: "November 20th, 2026"},
		{why: "wrong", expected: one("2026-11-20"), output: "on 21 November 2026", want: 0, reason: "found 2026-11-21, expected 2026-11-20"},
		{why: "without a year", expected: one("2026-11-20"), output: "on 20 November", want: 1},
		{why: "American by default", expected: one("2026-03-04"), output: "03/04/2026", want: 1},
		{why: "European by argument", args: `{"order":"day-first"}`, expected: one("2026-04-03"), output: "03/04/2026", want: 1},
		{why: "near enough", args: `{"days":1}`, expected: one("2026-12-31"), output: "2027-01-01", want: 1},
		{why: "any", expected: one("2026-11-20"), output: "from 2026-11-01 to 2026-11-20", want: 1},
		{why: "the first", args: `{"which":"first"}`, expected: one("2026-11-20"), output: "from 2026-11-01 to 2026-11-20", want: 0},
		{why: "a layout", args: `{"layouts":"Jan _2 06"}`, expected: one("2026-11-20"), output: "Nov 20 26", want: 1},
		{why: "small letters", expected: one("2026-11-20"), output: "20 nov 2026", want: 1},
		{why: "German", expected: one("2026-12-05"), output: "am 5. Dez. 2026", want: 1},
		{why: "hyphens", expected: one("2026-11-20"), output: "20-Nov-2026", want: 1},
		{why: "no date", expected: one("2026-11-20"), output: "yesterday", want: 0, reason: "no date in the output"},
		{why: "no date is expected", expected: one("soon"), output: "2026-11-20", want: skipped},
		{why: "there is no such day", expected: one("2026-02-28"), output: "2026-02-30", want: 0, reason: "no date"},
	})
}

func TestJSONDiff(t *testing.T) {
	check(t, "json-diff", []row{
		{why: "key order and number form are nothing", expected: one(`{"a":1,"b":[true,null]}`), output: `{"b":[true,null],"a":1.0}`, want: 1},
		{why: "one of two", expected: one(`{"a":1,"b":2}`), output: `{"a":1,"b":3}`, want: 0.5, reason: "/b is 3, expected 2"},
		{why: "a key too many", expected: one(`{"a":1}`), output: `{"a":1,"z":2}`, want: 0.5, reason: "/z is not expected"},
		{why: "at no cost", args: `{"extra":"ignore"}`, expected: one(`{"a":1}`), output: `{"a":1,"z":2}`, want: 1},
		{why: "missing", expected: one(`{"a":{"b":1,"c":2}}`), output: `{"a":{"b":1}}`, want: 0.5, reason: "/a/c is missing"},
		{why: "ignored", args: `{"ignore":"/items/*/id"}`, expected: one(`{"items":[{"id":1,"n":2}]}`), output: `{"items":[{"id":9,"n":2}]}`, want: 1},
		{why: "another order", expected: one(`[1,2,3]`), output: `[3,2,1]`, want: 1. / 3},
		{why: "as a set", args: `{"lists":"set"}`, expected: one(`[1,2,2]`), output: `[2,1,2]`, want: 1},
		{why: "a duplicate has one partner", args: `{"lists":"set"}`, expected: one(`[1,2]`), output: `[2,2]`, want: 1. / 3},
		{why: "a subset", args: `{"lists":"subset"}`, expected: one(`[1,2,3]`), output: `[3]`, want: 1},
		{why: "not a subset", args: `{"lists":"subset"}`, expected: one(`[1,2,3]`), output: `[3,4]`, want: 0.5},
		{why: "a superset", args: `{"lists":"superset"}`, expected: one(`[1]`), output: `[3,1]`, want: 1},
		{why: "texts alike", args: `{"texts":"similar"}`, expected: one(`"kitten"`), output: `"sitting"`, want: 1 - 3./7},
		{why: "numbers near", args: `{"numbers":"near"}`, expected: one(`100`), output: `90`, want: 0.9},
		{why: "long numbers", expected: one(`9007199254740993`), output: `9007199254740992`, want: 0, reason: "/ is 9007199254740992, expected 9007199254740993"},
		{why: "a long number with an exponent", expected: one(`{"a":1e16}`), output: `{"a":10000000000000000}`, want: 1},
		{why: "the other way round", expected: one(`{"a":10000000000000000}`), output: `{"a":1e16}`, want: 1},
		{why: "a long number with a point", expected: one(`10000000000000000.0`), output: `10000000000000000`, want: 1},
		{why: "long numbers near", args: `{"numbers":"near"}`, expected: one(`100000000000000000000`), output: `90000000000000000000`, want: 0.9},
		{why: "one of them long", args: `{"numbers":"near"}`, expected: one(`10000000000000000`), output: `-1`, want: 0},
		{why: "zero is near to nothing else", args: `{"numbers":"near"}`, expected: one(`0`), output: `0.5`, want: 0, reason: "/ is 0.5, expected 0"},
		{why: "types", expected: one(`{"a":"1"}`), output: `{"a":1}`, want: 0, reason: `/a is 1, expected "1"`},
		{why: "fenced", expected: one(`[]`), output: "```json\n[]\n```", want: 1},
		{why: "the best of several", expected: []string{`1`, `2`}, output: `2`, want: 1},
		{why: "not JSON", expected: one(`1`), output: `one`, want: 0, reason: "not JSON"},
		{why: "long texts as a set", args: `{"lists":"set","texts":"similar"}`, expected: one(longTexts("ab")), output: longTexts("ba"), want: failed, reason: "too many pairs"},
		{why: "JSON is not expected", expected: one(`one`), output: `1`, want: skipped},
	})
}

// longTexts is a list of 200 different texts of 8 KiB.
func longTexts(of string) string {
	var b strings.Builder
	for i := range 200 {
		fmt.Fprintf(&b, `,"%d%s"`, i, strings.Repeat(of, 4096))
	}
	return "[" + b.String()[1:] + "]"
}

func TestJSONPath(t *testing.T) {
	check(t, "json-path", []row{
		{why: "a field", args: `{"query":".a.b"}`, expected: one("30 days"), output: `{"a":{"b":"30 days"}}`, want: 1},
		{why: "a number", args: `{"query":".n"}`, expected: one("5.0"), output: `{"n":5}`, want: 1},
		{why: "by argument", args: `{"query":"[.items[].id] | sort","equals":[1,2]}`, output: `{"items":[{"id":2},{"id":1}]}`, want: 1},
		{why: "wrong", args: `{"query":".n","equals":1}`, output: `{"n":2}`, want: 0, reason: "found 2, expected 1"},
		{why: "nothing there", args: `{"query":".z","equals":1}`, output: `{"n":2}`, want: 0, reason: "finds nothing"},
		{why: "null by argument", args: `{"query":".a","equals":null}`, output: `{"a":null}`, want: 1},
		{why: "null is expected", args: `{"query":".a"}`, expected: one("null"), output: `{"a":null}`, want: 1},
		{why: "null is not expected", args: `{"query":".a","equals":1}`, output: `{"a":null}`, want: 0, reason: "nothing, or null"},
		{why: "empty", args: `{"query":"empty","equals":null}`, output: `{}`, want: 0, reason: "finds nothing"},
		{why: "a key called now", args: `{"query":".now","equals":1}`, output: `{"now":1}`, want: 1},
		{why: "a long number", args: `{"query":".a","equals":1e16}`, output: `{"a":10000000000000000}`, want: 1},
		{why: "a type error is the output's", args: `{"query":".a.b","equals":1}`, output: `{"a":[1]}`, want: 0, reason: "expected an object"},
		{why: "endless", args: `{"query":"last(repeat(1))","equals":1}`, output: `{}`, want: failed, reason: "too long"},
		{why: "not JSON", args: `{"query":".a","equals":1}`, output: `a`, want: 0, reason: "not JSON"},
	})
}

func TestFormats(t *testing.T) {
	check(t, "xml", []row{
		{why: "a document", output: `<?xml version="1.0"?><a x="1"><b/>text</a>`, want: 1},
		{why: "not closed", output: `<a><b></a>`, want: 0, reason: "closes nothing"},
		{why: "two roots", output: `<a/><b/>`, want: 0, reason: "more than one root"},
		{why: "an entity bomb", output: `<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]><a>&z;</a>`, want: 0, reason: "entity"},
		{why: "an element inside of another", args: `{"elements":["a/b"]}`, output: `<a><b/></a>`, want: 1},
		{why: "not directly", args: `{"elements":["a/b"]}`, output: `<a><c><b/></c></a>`, want: 0, reason: `no element "a/b"`},
		{why: "text", output: "hello", want: 0},
		{why: "too deep", output: strings.Repeat("<a>", 20_000), want: 0, reason: "too deep"},
		{why: "another prefix", output: `<a:x></b:x>`, want: 0, reason: "</b:x> closes nothing"},
		{why: "two attributes alike", output: `<a x="1" x="2"/>`, want: 0, reason: "two attributes x"},
		{why: "alike but for the prefix", output: `<a n:x="1" x='2>'><b n:x=""/></a>`, want: 1},
		{why: "a declaration at the end", output: `<a/><?xml version="1.0"?>`, want: 0, reason: "<?xml?> stands behind"},
		{why: "a document type at the end", output: `<a/><!DOCTYPE a>`, want: 0, reason: "a declaration stands behind"},
		{why: "a document type", output: "<?xml version='1.0'?>\n<!-- c --><!DOCTYPE a><a/>\n<?x y?>", want: 1},
		{why: "attributes without a blank", output: `<a b="1"c="2"/>`, want: 0, reason: "no white space"},
		{why: "an element with a prefix", args: `{"elements":["ns:answer"]}`, output: `<ns:answer/>`, want: 1},
		{why: "with any prefix", args: `{"elements":["r/answer"]}`, output: `<r><ns:answer/></r>`, want: 1},
		{why: "with another prefix", args: `{"elements":["ns:answer"]}`, output: `<x:answer/>`, want: 0, reason: "no element"},
	})
	check(t, "html", []row{
		{why: "a page", output: "<!DOCTYPE html><html><head><title>t</title><body><p>one<p>two<br><img src=x></html>", want: 1},
		{why: "crossed", output: "<b><i>x</b></i>", want: 0, reason: "stands where <i> is open"},
		{why: "open", output: "<div><p>x", want: 0, reason: "<div> is not closed"},
		{why: "text", output: "a < b and c > d", want: 0, reason: "no element"},
		{why: "fenced", output: "```html\n<p>Hi</p>\n```", want: 0, reason: "a code fence"},
		{why: "fenced in prose", output: "Here:\n\n```html\n<div>Hi</div>\n```\nBye.", want: 0, reason: "a code fence"},
		{why: "a fence allowed", args: `{"fenced":"allow"}`, output: "```html\n<p>Hi</p>\n```", want: 1},
		{why: "a fence inside", output: "<pre>\n```\nx\n```\n</pre>", want: 1},
		{why: "an element wanted", args: `{"elements":"table"}`, output: "<p>x</p>", want: 0, reason: `no element "table"`},
	})
	check(t, "yaml", []row{
		{why: "a mapping", output: "a: 1\nb: [x, y]\n", want: 1},
		{why: "a sentence", output: "hello there", want: 0, reason: "neither a mapping nor a list"},
		{why: "broken", output: "a: [1\nb: 2", want: 0, reason: "not YAML"},
		{why: "a key", args: `{"keys":["a","z"]}`, output: "a: 1", want: 0, reason: `no key "z"`},
		{why: "a broken second document", output: "a: 1\n---\n[unclosed", want: 0, reason: "not YAML"},
		{why: "two documents", args: `{"keys":"a"}`, output: "a: 1\n---\nb: 2", want: 1},
		{why: "a key twice", output: "x:\n- a: 1\n  a: 2", want: 0, reason: `line 3: the key "a" stands twice`},
		{why: "a text and a number", output: "1: a\n\"1\": b", want: 1},
		{why: "an alias bomb", output: "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n", want: 1},
	})
	check(t, "csv", []row{
		{why: "a table", output: "a,b\n1,\"x, y\"\n", want: 1},
		{why: "ragged", output: "a,b\n1\n", want: 0, reason: "wrong number of fields"},
		{why: "one column", output: "a\nb", want: 0, reason: "1 field a row, at least 2 wanted"},
		{why: "a column wanted", args: `{"columns":["b","c"]}`, output: "a,b\n1,2", want: 0, reason: `no column "c"`},
		{why: "semicolons", args: `{"delimiter":";"}`, output: "a;b\n1;2", want: 1},
		{why: "tabs", args: `{"delimiter":"\t"}`, output: "a\tb\n1\t", want: 1},
		{why: "an empty first name", args: `{"delimiter":"\t"}`, output: "\n\tQ1\tQ2\nRev\t1\t2\n \n", want: 1},
		{why: "tabs in a fence", args: `{"delimiter":"\t","fenced":"allow"}`, output: "```tsv\n\tQ1\nRev\t\n```\n", want: 1},
		{why: "an empty fence", args: `{"fenced":"allow"}`, output: "```csv\n```", want: 0},
		{why: "rows", args: `{"rows_min":3}`, output: "a,b\n1,2", want: 0, reason: "2 rows, at least 3 wanted"},
		{why: "empty", output: "", want: 0},
	})
}

func TestSQL(t *testing.T) {
	schema := `"schema":"create table orders(id, total); create table users(id, secret)"`
	check(t, "sql", []row{
		{why: "a query", output: "SELECT a, count(*) FROM t WHERE b > 'x;y' GROUP BY a; -- done", want: 1},
		{why: "two statements", output: "CREATE TABLE t(a); INSERT INTO t VALUES (1);", want: 1},
		{why: "a trigger", output: "CREATE TRIGGER x AFTER INSERT ON t BEGIN UPDATE t SET a = 1; END;", want: 1},
		{why: "misspelt", output: "SELEC a FROM t", want: 0, reason: "syntax error"},
		{why: "cut off", output: "SELECT a FROM t WHERE", want: 0, reason: "incomplete"},
		{why: "prose", output: "Use a query.", want: 0},
		{why: "attach", output: "ATTACH 'x.db' AS y", want: 0, reason: "not authorized"},
		{why: "a pragma", output: "PRAGMA user_version = 3", want: 0, reason: "not authorized"},
		{why: "a column of the schema", args: "{" + schema + "}", output: "SELECT total FROM orders", want: 1},
		{why: "no column of the schema", args: "{" + schema + "}", output: "SELECT totals FROM orders", want: 0, reason: "no such column: totals"},
		{why: "writing", args: "{" + schema + `,"read_only":true}`, output: "DELETE FROM orders", want: 0, reason: "not authorized"},
		{why: "writing without a schema", args: `{"read_only":true}`, output: "SELECT 1; DROP TABLE t", want: 0, reason: "not authorized"},
		{why: "writing behind WITH", args: `{"read_only":true}`, output: "WITH x AS (SELECT 1) DELETE FROM t", want: 0, reason: "not authorized"},
		{why: "reading behind WITH", args: `{"read_only":true}`, output: "WITH x AS (SELECT 'delete' AS d) SELECT * FROM x", want: 1},
		{why: "empty", output: " -- nothing", want: 0, reason: "no statement"},
		{why: "a table that is not allowed", args: "{" + schema + `,"tables":"orders"}`, output: "SELECT secret FROM users", want: 0, reason: "prohibited"},
		{why: "hidden in a subquery", args: "{" + schema + `,"tables":"orders"}`, output: "SELECT * FROM orders WHERE id IN (SELECT secret FROM users)", want: 0, reason: "prohibited"},
	})
}

func TestCode(t *testing.T) {
	check(t, "code", []row{
		{why: "a file", output: "package main\n\nfunc main() {}\n", want: 1},
		{why: "statements", output: "x := 1\nfmt.Println(x)", want: 1},
		{why: "in a fence", output: "Here:\n```go\nfunc f() int { return 1 }\n```\nDone.", want: 1},
		{why: "one block of two is broken", output: "```go\nx := 1\n```\n```go\nfunc {\n```", want: 0, reason: "block 2 is not go"},
		{why: "a fence is required", args: `{"fence":"require"}`, output: "x := 1", want: 0, reason: "no code fence"},
		{why: "JavaScript", args: `{"language":"javascript"}`, output: "```js\nconst f = async (x) => { await g?.(x) }\n```", want: 1},
		{why: "no JavaScript", args: `{"language":"javascript"}`, output: "```js\nconst = 1\n```", want: 0},
		{why: "CSS", args: `{"language":"css"}`, output: "a:hover { color: red }", want: 1},
		{why: "bash", args: `{"language":"bash"}`, output: "```sh\nfor i in 1 2; do echo $i; done\n```", want: 1},
		{why: "no bash", args: `{"language":"bash"}`, output: "if true; then", want: 0},
		{why: "Python for JavaScript", args: `{"language":"javascript"}`, output: "```python\nprint('hi')\n```", want: 0, reason: `the code fence is for "python", not javascript`},
		{why: "TypeScript for JavaScript", args: `{"language":"javascript"}`, output: "```typescript\nlet x: number = 1\n```", want: 0, reason: "typescript"},
		{why: "Python for bash", args: `{"language":"bash"}`, output: "Here you go:\n\n```python\nx = 1\n```\n\nEnjoy!", want: 0, reason: "python"},
		{why: "one fence of two is foreign", args: `{"language":"bash"}`, output: "```\nls\n```\n```text\na (b\n```", want: 1},
		{why: "attributes of a fence", args: `{"language":"javascript"}`, output: "```js{1,3}\nconst a = 1\n```", want: 1},
		{why: "a body that closes what it stands in", output: "```go\n}\nfunc x() {\n```", want: 0, reason: "block 1 is not go"},
		{why: "statements in a fence", output: "```go\nif x {\n\ty()\n}\n```", want: 1},
		{why: "nested in bash", args: `{"language":"bash"}`, output: strings.Repeat("(", 200) + "ls" + strings.Repeat(")", 200), want: 1},
	})
}

// TestCodeThatNests gives the parsers what would overflow the stack of one that
// calls itself for every level.
func TestCodeThatNests(t *testing.T) {
	for _, level := range []string{"(", "$(", "{ ", "$((", `"$(`, "[[ ((((", "${a:-", "if ", "! ", "while ", "<(", "a[", "((-", "[[ ! ", "f() ", "case x in x) "} {
		check(t, "code", []row{{why: level, args: `{"language":"bash"}`, output: strings.Repeat(level, 1<<20/len(level)), want: 0}})
	}
	for _, language := range []string{"go", "javascript", "css"} {
		check(t, "code", []row{{why: language, args: `{"language":"` + language + `"}`, output: strings.Repeat("(", 1<<20), want: 0}})
	}
}

func TestRegexOfJavaScript(t *testing.T) {
	check(t, "regex", []row{
		{why: "lookbehind", args: `{"engine":"js","pattern":"(?<=\\$)\\d+"}`, output: "é costs $30", want: 1, evidence: "30"},
		{why: "backreference", args: `{"engine":"js","pattern":"(\\w+) \\1"}`, output: "the the", want: 1},
		{why: "a named group", args: `{"engine":"js","pattern":"(?<n>\\d+) days","group":"n"}`, expected: one("30"), output: "日 30 days", want: 1, evidence: "30"},
		{why: "flags", args: `{"engine":"js","pattern":"DAYS","flags":"i"}`, output: "30 days", want: 1},
		{why: "the whole", args: `{"engine":"js","pattern":"a|b","whole":true}`, output: "ab", want: 0},
		{why: "exploding", args: `{"engine":"js","pattern":"^(a+)+$","timeout_ms":50}`, output: strings.Repeat("a", 40) + "!", want: failed, reason: "without an end"},
	})
}

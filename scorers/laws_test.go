package scorers_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"holdtrue/eval"
	"holdtrue/scorers"
	"holdtrue/scorers/scorertest"
)

// lawArgs are arguments for the scorers that cannot do without, and further
// ones that take other ways through a scorer. A scorer that is not here is held
// to the laws with its defaults alone.
var lawArgs = map[string][]string{
	"exact":             {`{"normalise":["nfkc","case","space","punctuation","trim"]}`, `{"normalise":"none"}`},
	"contains":          {`{"case_sensitive":false}`, `{"values":["30 days","東京"]}`},
	"contains-any":      {`{"case_sensitive":false}`},
	"contains-all":      {`{"case_sensitive":false,"values":["30","days","İ","ﬁ","\u0301"]}`},
	"starts-with":       {`{"case_sensitive":false,"values":["30","straße"]}`},
	"levenshtein":       {`{"unit":"words"}`, `{"unit":"code-units"}`},
	"rouge-1":           {`{"tokenizer":"ascii","stem":true}`, `{"tokenizer":"treebank"}`},
	"rouge-2":           {`{"part":"recall"}`, `{"tokenizer":"treebank"}`},
	"bleu":              {`{"tokenizer":"intl","smoothing":"floor"}`, `{"tokenizer":"zh","smoothing":"add-k","lowercase":true}`, `{"tokenizer":"char","smoothing":"none"}`, `{"tokenizer":"unicode","effective_order":false}`, `{"tokenizer":"none"}`},
	"gleu":              {`{"tokenizer":"blank"}`},
	"chrf":              {`{"word_order":2,"lowercase":true}`, `{"whitespace":true,"beta":1}`},
	"rouge-l":           {`{"tokenizer":"ascii","stem":true}`, `{"stem":true,"part":"recall"}`, `{"part":"precision"}`, `{"tokenizer":"treebank"}`},
	"facts":             {`{"facts":["30 days","not"],"added":"ignore"}`, `{"across":"constant"}`},
	"grounded":          {`{"words":1,"prompt":"count"}`},
	"numeric":           {`{"which":"first","percent":"hundredth"}`, `{"which":"after","marker":"days","rel":0.1}`, `{"which":"any","units":"same"}`, `{"which":"boxed","decimal":"comma"}`},
	"json":              {`{"schema":{"type":"object","properties":{"a":{"minimum":0,"multipleOf":0.5}},"additionalProperties":false},"fenced":"allow"}`, `{"schema":{"type":"array","uniqueItems":true}}`},
	"ends-with":         {`{"case_sensitive":false,"values":["30","straße"],"ignore":"\"."}`},
	"regex":             {`{"pattern":"(?i)\\b(\\d+) (?P<unit>days|tage)"}`, `{"pattern":"(\\d+)(.*)","group":"1"}`, `{"pattern":"(?s).*","whole":true}`, `{"pattern":"(?<=\\d+ )(days|tage)","engine":"js","flags":"i"}`},
	"date":              {`{"which":"first","days":2,"order":"day-first","layouts":"2006-01-02"}`},
	"json-diff":         {`{"lists":"set","texts":"similar","numbers":"near","ignore":["/b"]}`},
	"json-path":         {`{"query":".a","equals":1}`, `{"query":"[.. | numbers] | length"}`},
	"xml":               {`{"elements":"a/b","fenced":"allow"}`},
	"html":              {`{"elements":"p"}`},
	"yaml":              {`{"keys":"a"}`},
	"csv":               {`{"columns":"a","delimiter":";","columns_min":1}`},
	"sql":               {`{"schema":"create table t(a, b)","tables":"t","read_only":true}`},
	"code":              {`{"language":"javascript"}`, `{"language":"css"}`, `{"language":"bash","fence":"require"}`},
	"regex-count":       {`{"pattern":"\\pN+","min":1}`},
	"leakage":           {`{"kinds":"email","allow":"x","given":"count"}`},
	"hedging":           {`{"also":"so to speak"}`},
	"repetition":        {`{"n":1}`},
	"tool-calls":        {`{"mode":"strict"}`, `{"mode":"unordered","args":"ignore","empty":"none"}`, `{"mode":"subset","args":"subset","ignore":"order"}`, `{"mode":"in-order","tools":{"ref*":{"args":"superset","defaults":{"order":5}}}}`},
	"tool-call-f1":      {`{"part":"recall","args":"superset"}`},
	"tool-order":        {`{"before":[["search","refund"]],"each":true}`},
	"tool-count":        {`{"tools":"search","max":1}`},
	"tools-allowed":     {`{"never":"delete_*"}`, `{"allowed":["search"]}`},
	"context-precision": {`{"by":"text","ranked":false}`},
	"context-recall":    {`{"by":"text","overlap":0.9}`},
	"citations":         {`{"min":0,"pattern":"(\\d+)"}`},
	"ter":               {`{"normalised":true,"case_sensitive":true}`, `{"normalised":true,"asian":true}`},
	"rouge-lsum":        {`{"tokenizer":"ascii","stem":true}`, `{"tokenizer":"treebank"}`},
	"meteor":            {`{"alpha":0.5,"beta":1,"gamma":1}`},
	"jaro-winkler":      {`{"case_sensitive":false}`},
	"expression":        {`{"expr":"output.text.contains('days') || size(case.expected) == 1 || output.steps.exists(s, s.args.q == 'x')"}`},
	"command":           {`{"run":["sh","-c","while read -r line; do echo '{\"score\":0.5}'; done"],"timeout":20}`},
	"all-of":            {`{"metrics":["exact",{"regex":{"pattern":"(?i)days"}}]}`},
	"mean-of":           {`{"metrics":[{"exact":{"weight":2}},"rouge-l"]}`},
	"structure":         {`{"element":"paragraphs","min":1,"separator":"***"}`, `{"element":"sections","separator":"PART","max":3}`, `{"element":"highlights","min":0}`, `{"element":"capitals","min":1}`, `{"element":"code","max":0}`, `{"element":"lists","min":1}`, `{"element":"tables","min":1}`, `{"distinct":true,"element":"paragraphs"}`},
	"keywords":          {`{"words":["days","東京"]}`, `{"words":"a","match":"part","max":3,"case_sensitive":true}`},
	"characters":        {`{"of":",-]","max":0}`, `{"class":"Han","min":1}`},
	"letter-case":       {`{"case":"upper"}`},
	"script":            {`{"scripts":["Latin","Han"]}`, `{"language":"en"}`, `{"language":"ja"}`},
	"length":            {`{"unit":"words"}`},
	"length-within":     {`{"min":3,"max":2000}`, `{"unit":"words","max":10}`},
}

// needsArgs cannot be bound with their defaults.
var needsArgs = map[string]bool{"expression": true, "command": true, "tool-order": true, "tool-count": true, "tools-allowed": true, "regex-count": true, "all-of": true, "mean-of": true, "structure": true, "keywords": true, "characters": true, "script": true, "regex": true, "json-path": true, "length-within": true}

func argsOf(name string) []string {
	args := lawArgs[name]
	if !needsArgs[name] {
		args = append([]string{""}, args...)
	}
	return args
}

func TestLaws(t *testing.T) {
	names := scorers.Names()
	if len(names) < len(scorers.All) {
		t.Fatalf("%d names for %d scorers", len(names), len(scorers.All))
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, ok := scorers.Find(name)
			if !ok {
				t.Fatal("a name that is listed is not found")
			}
			all := argsOf(strings.TrimPrefix(name, "not-"))
			if len(all) == 0 {
				t.Fatal("it needs arguments, and lawArgs has none: the laws were not tried")
			}
			if strings.HasPrefix(name, "not-") && raceDetector {
				t.Skip("left out under the race detector: it is the same scorer, turned round")
			}
			if strings.HasPrefix(name, "not-") || raceDetector {
				all = all[:1]
			}
			for _, args := range all {
				scorertest.Laws(t, s, args)
			}
		})
	}
}

func TestLawsAtFullSize(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("texts of 10 MB are left out of a short run, and under the race detector: no goroutine is started here")
	}
	if len(scorers.All) == 0 {
		t.Fatal("no scorers")
	}
	for _, s := range scorers.All {
		t.Run(s.Name, func(t *testing.T) {
			for _, args := range argsOf(s.Name) {
				scorertest.Big(t, s, args)
			}
		})
	}
}

func TestListIsValidAndComplete(t *testing.T) {
	if err := scorers.Validate(scorers.All); err != nil {
		t.Error(err)
	}
	if declared := declaredScorers(t); declared != len(scorers.All) || declared == 0 {
		t.Errorf("the package declares %d scorers, All lists %d: a new scorer needs a line in scorers.go", declared, len(scorers.All))
	}
}

// declaredScorers counts the variables of the package whose value is written as
// &eval.Scorer{...}.
func declaredScorers(t *testing.T) int {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			n += scorersIn(d)
		}
	}
	return n
}

func scorersIn(d ast.Decl) (n int) {
	g, ok := d.(*ast.GenDecl)
	if !ok || g.Tok != token.VAR {
		return 0
	}
	for _, spec := range g.Specs {
		for _, v := range spec.(*ast.ValueSpec).Values {
			u, ok := v.(*ast.UnaryExpr)
			if !ok || u.Op != token.AND {
				continue
			}
			lit, ok := u.X.(*ast.CompositeLit)
			if !ok {
				continue
			}
			if sel, ok := lit.Type.(*ast.SelectorExpr); ok && sel.Sel.Name == "Scorer" {
				n++
			}
		}
	}
	return n
}

func TestValidateFindsFaults(t *testing.T) {
	good := *scorers.All[0]
	for reason, spoil := range map[string]func(*eval.Scorer){
		"needs a name":       func(s *eval.Scorer) { s.Name = "Not_good" },
		"not beginning with": func(s *eval.Scorer) { s.Name = "not-mine" },
		"needs a doc":        func(s *eval.Scorer) { s.Doc = "one line" },
		"needs a version":    func(s *eval.Scorer) { s.Version = "" },
		"a constructor":      func(s *eval.Scorer) { s.New = nil },
		"needs a unit":       func(s *eval.Scorer) { s.Scale, s.Unit = eval.Measure, "" },
		"has the scale":      func(s *eval.Scorer) { s.Scale = "percent" },
		"has the direction":  func(s *eval.Scorer) { s.Better = "up" },
		"without a name": func(s *eval.Scorer) {
			s.Args = &struct {
				A int `json:"a"`
			}{}
		},
	} {
		s := good
		spoil(&s)
		if err := scorers.Validate([]*eval.Scorer{&s}); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("want an error with %q, got %v", reason, err)
		}
	}
	if err := scorers.Validate([]*eval.Scorer{&good, &good}); err == nil || !strings.Contains(err.Error(), "stands twice") {
		t.Errorf("a name that stands twice: %v", err)
	}
}

package scorers

import (
	"context"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io"
	"runtime"
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"
	"github.com/tdewolff/parse/v2/js"
	"mvdan.cc/sh/v3/syntax"

	"holdtrue/eval"
)

var codeScorer = &eval.Scorer{
	Name: "code",
	Doc: `1 if the output holds code of the language that parses; nothing is run.

The code is the content of the fences named for the language, or, where there are
none, of the fences without a name, or, without any fence, the whole output. Where
all fences name other languages the score is 0. Every block must parse by itself.
Languages with a parser here: go (a file, declarations or statements), javascript,
css, bash; json, xml, html, csv, yaml and sql are scorers of their own. With fence: require, an
output without a fence for the language gives 0. Outputs over 1 MiB are not judged.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &codeDefaults,
	New:     withArgs(&codeDefaults, newCode),
}

type codeArgs struct {
	Language string `json:"language" oneof:"go javascript css bash" doc:"the language"`
	Fence    string `json:"fence" oneof:"allow require" doc:"whether the code must stand in a fence that names the language"`
}

var codeDefaults = codeArgs{Language: "go", Fence: "allow"}

// languageNames are the names that a fence may use.
var languageNames = map[string][]string{
	"go": {"go", "golang"}, "javascript": {"javascript", "js", "mjs", "cjs", "node"}, "css": {"css"}, "bash": {"bash", "sh", "shell", "zsh"},
}

var parsers = map[string]func(string) error{"go": parseGo, "javascript": parseJS, "css": parseCSS, "bash": parseBash}

const codeLimit = 1 << 20

func newCode(args codeArgs, _ string) (eval.Judge, error) {
	parse := parsers[args.Language]
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		if ctx.Err() != nil {
			return stopped(ctx)
		}
		if len(s.Output.Text) > codeLimit {
			return eval.Fail(fmt.Sprintf("the output is %d bytes long; at most %d are parsed", len(s.Output.Text), codeLimit))
		}
		blocks, foreign := codeBlocks(s.Output.Text, languageNames[args.Language])
		if len(blocks) == 0 && args.Fence == "require" {
			return eval.Value(0, "no code fence for "+args.Language)
		}
		if len(blocks) == 0 && foreign != "" {
			return eval.Value(0, "the code fence is for "+quote(foreign)+", not "+args.Language)
		}
		if len(blocks) == 0 {
			blocks = []string{s.Output.Text}
		}
		for i, b := range blocks {
			if strings.TrimSpace(b) == "" {
				return eval.Value(0, "the code is empty")
			}
			if err := parse(b); err != nil {
				return eval.Value(0, clean(fmt.Sprintf("block %d is not %s: %v", i+1, args.Language, err)))
			}
		}
		return eval.Value(1, "")
	}), nil
}

// codeBlocks gives the content of the fences with one of the names, or of those
// without a name where there are none; foreign is another language with a fence.
func codeBlocks(s string, names []string) (blocks []string, foreign string) {
	var named, unnamed []string
	for _, f := range fences(s) {
		switch {
		case f.name == "":
			unnamed = append(unnamed, f.body)
		case containsFold(names, f.name):
			named = append(named, f.body)
		case foreign == "":
			foreign = f.name
		}
	}
	if len(named) > 0 {
		return named, foreign
	}
	return unnamed, foreign
}

func containsFold(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

type fence struct {
	name, body string
	closed     bool
	start      int // byte of its first line
}

// fences finds the code fences of CommonMark.
func fences(s string) (found []fence) {
	var mark string // of the fence that is open
	from, offset := 0, 0
	for line := range strings.SplitAfterSeq(s, "\n") {
		at := offset
		offset += len(line)
		text := strings.TrimLeft(line, " ")
		if text == "" || text[0] != '`' && text[0] != '~' || len(line)-len(text) > 3 {
			continue
		}
		n := len(text) - len(strings.TrimLeft(text, text[:1]))
		switch {
		case n < 3:
		case mark == "" && !(text[0] == '`' && strings.Contains(text[n:], "`")):
			mark, from = text[:n], offset
			found = append(found, fence{name: fenceName(text[n:]), start: at, body: s[from:]})
		case mark != "" && n >= len(mark) && text[0] == mark[0] && strings.TrimSpace(text[n:]) == "":
			f := &found[len(found)-1]
			f.closed, f.body, mark = true, s[from:at], ""
		}
	}
	return found
}

// fenceName takes the language from what stands behind the backticks, which may go
// on, as "js {1,3}", "go:main.go" and "{.python #x}" do.
func fenceName(info string) string {
	info = strings.TrimLeft(info, " \t{.")
	if i := strings.IndexAny(info, " \t\r\n{},:"); i >= 0 {
		return info[:i]
	}
	return info
}

func parseGo(src string) error {
	var first error
	for _, wrap := range [][2]string{{"", ""}, {"package p\n", ""}, {"package p\nfunc _() {\n", "\n}"}} {
		file, err := parser.ParseFile(token.NewFileSet(), "", wrap[0]+src+wrap[1], parser.SkipObjectResolution)
		// Statements that close the function around them make a second declaration.
		if err == nil && (wrap[1] == "" || len(file.Decls) == 1) {
			return nil
		}
		if first == nil {
			first = err
		}
	}
	return first
}

func parseJS(src string) error {
	_, err := js.Parse(parse.NewInputString(src), js.Options{})
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func parseCSS(src string) error {
	p := css.NewParser(parse.NewInputString(src), false)
	for {
		kind, _, _ := p.Next()
		if kind != css.ErrorGrammar {
			continue
		}
		if err := p.Err(); errors.Is(err, io.EOF) {
			if p.HasParseError() {
				return errors.New("parse error")
			}
			return nil
		} else if err != nil {
			return err
		}
		return errors.New("parse error")
	}
}

func parseBash(src string) error {
	_, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(shallow{strings.NewReader(src)}, "")
	return err
}

// shallow is a reader that ends with an error when it is read from too deep in the
// stack. The parser of bash calls itself for everything that nests, without a limit,
// and a stack that overflows cannot be recovered from; but it reads 1 KiB at a time.
type shallow struct{ io.Reader }

// deepestStack is in calls. A bracket takes about ten of them.
const deepestStack = 10_000

var errTooDeep = errors.New("nested too deep")

func (r shallow) Read(p []byte) (int, error) {
	if runtime.Callers(deepestStack, make([]uintptr, 1)) > 0 {
		return 0, errTooDeep
	}
	return r.Reader.Read(p)
}

package scorers

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"html"
	"regexp"
	"strings"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	renderer "github.com/yuin/goldmark/renderer/html"
	"github.com/yuin/goldmark/text"
)

// Transform is a way to change a text before it is scored.
type Transform struct {
	Name string `json:"name"`
	Arg  string `json:"arg,omitzero"` // "text", "number" or none
	Doc  string `json:"doc"`
	make func(arg string, n int) (step, error)
}

// step changes a text. ok is false where what it looks for is not there.
type step func(ctx context.Context, s string) (out string, ok bool, err error)

// Transforms lists what a pipeline can hold. A new one is one entry here.
var Transforms = []Transform{
	{"trim", "", "white space at both ends off", always(strings.TrimSpace)},
	{"lower", "", "to lower case", always(strings.ToLower)},
	{"upper", "", "to upper case", always(strings.ToUpper)},
	{"one-space", "", "every stretch of white space to one blank", always(func(s string) string { return strings.Join(strings.Fields(s), " ") })},
	{"first-line", "", "the first line that is not blank", sometimes(func(s string) (string, bool) { return nth(strings.Split(s, "\n"), 1) })},
	{"last-line", "", "the last line that is not blank", sometimes(func(s string) (string, bool) { return nth(strings.Split(s, "\n"), -1) })},
	{"line", "number", "the n-th line that is not blank, from the end if negative", counted(func(s string, n int) (string, bool) { return nth(strings.Split(s, "\n"), n) })},
	{"paragraph", "number", "the n-th paragraph, from the end if negative", counted(func(s string, n int) (string, bool) { return nth(paragraphs(s, ""), n) })},
	{"first-words", "number", "the first n words as blanks divide them", counted(func(s string, n int) (string, bool) {
		f := strings.Fields(s)
		return strings.Join(f[:min(max(n, 0), len(f))], " "), len(f) > 0
	})},
	{"after", "text", "what stands behind the last occurrence of a text", texted(func(s, arg string) (string, bool) {
		i := strings.LastIndex(s, arg)
		if i < 0 {
			return "", false
		}
		return s[i+len(arg):], true
	})},
	{"before", "text", "what stands before the first occurrence of a text, or everything", texted(func(s, arg string) (string, bool) {
		before, _, _ := strings.Cut(s, arg)
		return before, true
	})},
	{"remove", "text", "all of these characters away", texted(func(s, arg string) (string, bool) {
		return strings.Map(func(r rune) rune {
			if strings.ContainsRune(arg, r) {
				return -1
			}
			return r
		}, s), true
	})},
	{"regex", "text", "the first group of the first match, or the whole match", regexStep},
	{"jq", "text", "what a jq query finds in the JSON that the text is; texts without quotation marks; null is nothing", jqStep},
	{"code-fence", "", "the content of the first code fence", sometimes(func(s string) (string, bool) {
		for _, f := range fences(s) {
			return strings.TrimSuffix(f.body, "\n"), true
		}
		return "", false
	})},
	{"strip-markdown", "", "the text that a reader of the rendered CommonMark sees; texts over 64 KiB stay as they are", always(stripMarkdown)},
	{"strip-thinking", "", "what stands in <think> and </think> away", always(func(s string) string { return thinking().ReplaceAllString(s, "") })},
}

func always(f func(string) string) func(string, int) (step, error) {
	return sometimes(func(s string) (string, bool) { return f(s), true })
}

func sometimes(f func(string) (string, bool)) func(string, int) (step, error) {
	return func(string, int) (step, error) {
		return func(_ context.Context, s string) (string, bool, error) {
			out, ok := f(s)
			return out, ok, nil
		}, nil
	}
}

func counted(f func(string, int) (string, bool)) func(string, int) (step, error) {
	return func(_ string, n int) (step, error) {
		return func(_ context.Context, s string) (string, bool, error) {
			out, ok := f(s, n)
			return out, ok, nil
		}, nil
	}
}

func texted(f func(s, arg string) (string, bool)) func(string, int) (step, error) {
	return func(arg string, _ int) (step, error) {
		if arg == "" {
			return nil, errors.New("expected a text")
		}
		return func(_ context.Context, s string) (string, bool, error) {
			out, ok := f(s, arg)
			return out, ok, nil
		}, nil
	}
}

// nth gives the n-th text that is not blank, counted from 1 or from the end.
func nth(texts []string, n int) (string, bool) {
	texts = filled(texts)
	if n < 0 {
		n += len(texts) + 1
	}
	if n < 1 || n > len(texts) {
		return "", false
	}
	return texts[n-1], true
}

func regexStep(arg string, _ int) (step, error) {
	p, err := regexp.Compile(arg)
	if err != nil {
		return nil, explainPattern(arg, err)
	}
	return func(_ context.Context, s string) (string, bool, error) {
		m := p.FindStringSubmatchIndex(s)
		switch {
		case m == nil:
			return "", false, nil
		case len(m) > 2 && m[2] >= 0:
			return s[m[2]:m[3]], true, nil
		case len(m) > 2:
			return "", false, nil
		}
		return s[m[0]:m[1]], true, nil
	}, nil
}

func jqStep(arg string, _ int) (step, error) {
	q, err := newQuery(arg)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, s string) (string, bool, error) {
		in, err := jsonValue(unfence(strings.TrimSpace(cut(s, schemaLimit))))
		if err != nil {
			return "", false, nil // no JSON, so there is nothing to find
		}
		v, found, err := q.first(ctx, in)
		if errors.Is(err, errTooLong) || ctx.Err() != nil {
			return "", false, err
		}
		if err != nil || !found || v == nil {
			return "", false, nil
		}
		if t, ok := v.(string); ok {
			return t, true, nil
		}
		b, err := json.Marshal(v, json.Deterministic(true), jsontext.AllowInvalidUTF8(true))
		return string(b), true, err
	}, nil
}

var thinking = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?s)<think(?:ing)?>.*?</think(?:ing)?>\s*`) })

// markdownLimit is the length in bytes of the longest text that is read as
// markdown, since some texts take time in proportion to its square.
const markdownLimit = 1 << 16

func stripMarkdown(s string) string {
	if len(s) > markdownLimit {
		return s
	}
	source := []byte(s)
	doc := goldmark.DefaultParser().Parse(text.NewReader(source))
	var b bytes.Buffer
	// The walk fails only if the function does.
	_ = ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.Text:
			if entering {
				if n.IsRaw() {
					b.Write(n.Segment.Value(source))
				} else {
					b.WriteString(unescaped(n.Segment.Value(source)))
				}
				if n.SoftLineBreak() || n.HardLineBreak() {
					b.WriteByte('\n')
				}
			}
		case *ast.String:
			if entering {
				b.Write(n.Value)
			}
		case *ast.AutoLink:
			if entering {
				b.Write(n.Label(source))
			}
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			if entering {
				for i := range n.Lines().Len() {
					line := n.Lines().At(i)
					b.Write(line.Value(source))
				}
			}
		default:
			if !entering && n.Type() == ast.TypeBlock && b.Len() > 0 && !bytes.HasSuffix(b.Bytes(), []byte("\n")) {
				b.WriteByte('\n')
			}
		}
		return ast.WalkContinue, nil
	})
	return strings.TrimRight(b.String(), "\n")
}

// unescaped gives a text as it is shown, without backslashes before punctuation and
// with the characters that entities stand for. The renderer knows both.
func unescaped(markdown []byte) string {
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	renderer.DefaultWriter.Write(w, markdown)
	_ = w.Flush() // a buffer takes everything
	return html.UnescapeString(b.String())
}

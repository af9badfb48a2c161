package scorers

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"holdtrue/eval"
)

var htmlScorer = &eval.Scorer{
	Name: "html",
	Doc: `1 if the output is HTML whose tags match.

There is at least one element of HTML, every end tag closes the element that is
open, and nothing that needs an end tag stays open; those that HTML allows to
leave open (p, li, td, ...) may. Text may stand around the elements, but no code
fence. Nothing is run or loaded. With elements, elements
of these names must occur. With fenced: allow, one code fence around the whole
output is taken off first.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &htmlDefaults,
	New:     withArgs(&htmlDefaults, newHTML),
}

type htmlArgs struct {
	Elements list   `json:"elements,omitzero" doc:"names of elements that must occur"`
	Fenced   string `json:"fenced" oneof:"refuse allow" doc:"whether one code fence may surround the HTML"`
}

var htmlDefaults = htmlArgs{Fenced: "refuse"}

// voidElements have no end tag, and openElements need none.
var (
	voidElements = strings.Fields("area base br col embed hr img input link meta source track wbr")
	openElements = strings.Fields("body colgroup dd dt head html li optgroup option p rp rt tbody td tfoot th thead tr")
	htmlElements = strings.Fields(`a abbr address article aside audio b bdi bdo blockquote button canvas caption cite code data
datalist del details dfn dialog div dl em fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup i iframe ins kbd
label legend main map mark menu meter nav noscript object ol output picture pre progress q ruby s samp script search section select
slot small span strong style sub summary sup svg table template textarea time title u ul var video`)
)

func newHTML(args htmlArgs, _ string) (eval.Judge, error) {
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		out := s.Output.Text
		if args.Fenced == "allow" {
			out = unfence(strings.TrimSpace(out))
		}
		found, err := readHTML(ctx, out)
		switch {
		case ctx.Err() != nil:
			return stopped(ctx)
		case err != nil:
			return eval.Value(0, "not HTML: "+clean(err.Error()))
		}
		var missing []string
		for _, e := range args.Elements {
			if !found[strings.ToLower(e)] {
				missing = append(missing, e)
			}
		}
		if len(missing) > 0 {
			return eval.Value(0, "no element "+quoteAll(missing))
		}
		return eval.Value(1, "")
	}), nil
}

func readHTML(ctx context.Context, s string) (found map[string]bool, err error) {
	const deepest = 1000
	found = map[string]bool{}
	var open []string
	known := false
	z := html.NewTokenizer(strings.NewReader(s))
	for n := 1; ; n++ {
		if n%(1<<14) == 1 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		kind := z.Next()
		if kind == html.ErrorToken {
			if !errors.Is(z.Err(), io.EOF) {
				return nil, z.Err()
			}
			break
		}
		if kind == html.TextToken && len(open) == 0 && len(fences(string(z.Raw()))) > 0 {
			return nil, errors.New("a code fence outside of the elements")
		}
		if kind != html.StartTagToken && kind != html.EndTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		raw, _ := z.TagName()
		name := string(raw)
		if kind == html.EndTagToken {
			if open, err = closeElement(open, name); err != nil {
				return nil, err
			}
			continue
		}
		found[name] = true
		known = known || slices.Contains(htmlElements, name) || slices.Contains(openElements, name) || slices.Contains(voidElements, name)
		if kind == html.StartTagToken && !slices.Contains(voidElements, name) {
			if open = append(open, name); len(open) > deepest {
				return nil, errors.New("nested too deep")
			}
		}
	}
	for _, name := range open {
		if !slices.Contains(openElements, name) {
			return nil, errors.New("<" + name + "> is not closed")
		}
	}
	if !known {
		return nil, errors.New("no element of HTML")
	}
	return found, nil
}

// closeElement closes the innermost element of that name, and those inside of
// it that need no end tag.
func closeElement(open []string, name string) ([]string, error) {
	for i := len(open) - 1; i >= 0; i-- {
		if open[i] == name {
			return open[:i], nil
		}
		if !slices.Contains(openElements, open[i]) {
			return nil, errors.New("</" + name + "> stands where <" + open[i] + "> is open")
		}
	}
	return nil, errors.New("</" + name + "> closes nothing that is open")
}

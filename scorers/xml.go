package scorers

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"strings"

	"holdtrue/eval"
)

var xmlScorer = &eval.Scorer{
	Name: "xml",
	Doc: `1 if the whole output is a well-formed XML document.

One root element, tags that match, at most 10,000 levels. Entities that a document
type declares are not expanded but refused, so that no entity bomb goes off. With
elements, elements of these names must occur. With fenced: allow, one code fence
around the whole output is taken off first.`,
	Version: "1",
	Scale:   eval.Binary,
	Better:  eval.Higher,
	Args:    &xmlDefaults,
	New:     withArgs(&xmlDefaults, newXML),
}

type xmlArgs struct {
	Elements list   `json:"elements,omitzero" doc:"names of elements that must occur; a/b is a b directly inside of an a"`
	Fenced   string `json:"fenced" oneof:"refuse allow" doc:"whether one code fence may surround the XML"`
}

var xmlDefaults = xmlArgs{Fenced: "refuse"}

func newXML(args xmlArgs, _ string) (eval.Judge, error) {
	for _, e := range args.Elements {
		if strings.Trim(e, "/ ") == "" {
			return nil, errors.New("elements: expected names, such as answer or answer/reason")
		}
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		out := strings.TrimSpace(s.Output.Text)
		if args.Fenced == "allow" {
			out = unfence(out)
		}
		found, err := readXML(ctx, out, args.Elements)
		switch {
		case ctx.Err() != nil:
			return stopped(ctx)
		case err != nil:
			return eval.Value(0, "not XML: "+clean(strings.TrimPrefix(err.Error(), "XML syntax error on ")))
		}
		var missing []string
		for _, e := range args.Elements {
			if !found[e] {
				missing = append(missing, e)
			}
		}
		if len(missing) > 0 {
			return eval.Value(0, "no element "+quoteAll(missing))
		}
		return eval.Value(1, "")
	}), nil
}

// readXML reads a document token by token.
func readXML(ctx context.Context, s string, wanted []string) (found map[string]bool, err error) {
	const deepest = 10_000
	d := xml.NewDecoder(strings.NewReader(s))
	// The text is taken as UTF-8 whatever the document says of itself.
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	found = map[string]bool{}
	var path []string
	roots := 0
	for n := 1; ; n++ {
		if n%(1<<14) == 1 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if len(path) == 0 {
				roots++
			}
			if path = append(path, t.Name.Local); len(path) > deepest {
				return nil, errors.New("nested too deep")
			}
			for _, w := range wanted {
				parts := strings.Split(w, "/")
				if len(parts) <= len(path) && strings.Join(path[len(path)-len(parts):], "/") == w {
					found[w] = true
				}
			}
		case xml.EndElement:
			if len(path) == 0 || path[len(path)-1] != t.Name.Local {
				return nil, errors.New("</" + t.Name.Local + "> closes nothing that is open")
			}
			path = path[:len(path)-1]
		case xml.CharData:
			if len(path) == 0 && strings.TrimSpace(string(t)) != "" {
				return nil, errors.New("text outside of the root element")
			}
		}
	}
	switch {
	case len(path) > 0:
		return nil, errors.New("<" + path[len(path)-1] + "> is not closed")
	case roots == 0:
		return nil, errors.New("no element")
	case roots > 1:
		return nil, errors.New("more than one root element")
	}
	return found, nil
}

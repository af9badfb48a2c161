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

One root element, tags that match, attributes of different names, at most 10,000
levels. Entities that a document type declares are not expanded but refused, so that
no entity bomb goes off. With elements, elements of these names must occur, with any
prefix where the name has none. With fenced: allow, one code fence around the whole
output is taken off first.`,
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
		out := strings.TrimPrefix(strings.TrimSpace(s.Output.Text), "\ufeff")
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
	d := xml.NewDecoder(strings.NewReader(s))
	// The text is taken as UTF-8 whatever the document says of itself.
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	r := xmlReader{wanted: wanted, found: map[string]bool{}}
	for n := 1; ; n++ {
		if n%(1<<14) == 1 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		start := d.InputOffset()
		t, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = r.token(t, start, s[start:d.InputOffset()])
		}
		if err != nil {
			return nil, err
		}
	}
	switch {
	case len(r.path) > 0:
		return nil, errors.New("<" + r.path[len(r.path)-1] + "> is not closed")
	case r.roots == 0:
		return nil, errors.New("no element")
	case r.roots > 1:
		return nil, errors.New("more than one root element")
	}
	return r.found, nil
}

// xmlReader checks what the decoder leaves unchecked with raw tokens.
type xmlReader struct {
	wanted []string
	found  map[string]bool
	path   []string
	roots  int
}

// token takes the next token, which starts at a byte of the document as raw.
func (r *xmlReader) token(t xml.Token, start int64, raw string) error {
	const deepest = 10_000
	switch t := t.(type) {
	case xml.StartElement:
		if len(r.path) == 0 {
			r.roots++
		}
		if r.path = append(r.path, fullName(t.Name)); len(r.path) > deepest {
			return errors.New("nested too deep")
		}
		for _, w := range r.wanted {
			r.found[w] = r.found[w] || pathEnds(r.path, w)
		}
		return attributes(t.Attr, raw)
	case xml.EndElement:
		if len(r.path) == 0 || r.path[len(r.path)-1] != fullName(t.Name) {
			return errors.New("</" + fullName(t.Name) + "> closes nothing that is open")
		}
		r.path = r.path[:len(r.path)-1]
	case xml.CharData:
		if len(r.path) == 0 && strings.TrimSpace(string(t)) != "" {
			return errors.New("text outside of the root element")
		}
	case xml.ProcInst:
		if strings.EqualFold(t.Target, "xml") && start > 0 {
			return errors.New("<?xml?> stands behind the beginning")
		}
	case xml.Directive:
		if r.roots > 0 {
			return errors.New("a declaration stands behind the beginning of the root element")
		}
	}
	return nil
}

// fullName is a name as it is written.
func fullName(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

// pathEnds reports whether the innermost elements have the wanted names. A name
// without a prefix is met with any.
func pathEnds(path []string, wanted string) bool {
	parts := strings.Split(wanted, "/")
	if len(parts) > len(path) {
		return false
	}
	for i, name := range path[len(path)-len(parts):] {
		_, local, prefixed := strings.Cut(name, ":")
		if name != parts[i] && !(prefixed && local == parts[i]) {
			return false
		}
	}
	return true
}

// attributes looks for two of one name and, in the tag as it is written, for two
// without white space between them.
func attributes(attrs []xml.Attr, raw string) error {
	seen := map[xml.Name]bool{}
	for _, a := range attrs {
		if seen[a.Name] {
			return errors.New("two attributes " + fullName(a.Name))
		}
		seen[a.Name] = true
	}
	for {
		open := strings.IndexAny(raw, `"'`)
		if open < 0 {
			return nil
		}
		length := strings.IndexByte(raw[open+1:], raw[open])
		if length < 0 {
			return nil
		}
		raw = raw[open+length+2:]
		if raw != "" && !strings.ContainsRune(" \t\r\n/>", rune(raw[0])) {
			return errors.New("no white space between two attributes")
		}
	}
}

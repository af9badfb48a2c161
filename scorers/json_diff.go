package scorers

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"path"
	"slices"
	"strings"

	"holdtrue/eval"
	"holdtrue/scorers/text"
)

var jsonDiffScorer = &eval.Scorer{
	Name: "json-diff",
	Doc: `how much of the expected JSON value the output has, from 0 to 1.

Two values of different types share nothing. Of two objects it is the mean over all
keys of either, of two lists the mean over the pairs and what has no partner; texts
and numbers are equal or not, or with texts: similar as much as their edit distance
says, with numbers: near 1 - |a-b| / max(|a|, |b|). Lists are paired in order; as a
set, each element with the one it is most like; a subset may lack expected
elements and a superset have more at no cost. The reason names the first
differences by JSON Pointer. An output that is not JSON gives 0; one over 4 MiB, or
with too many or too long elements to pair, is not judged.`,
	Version: "1",
	Scale:   eval.Unit,
	Better:  eval.Higher,
	Args:    &jsonDiffDefaults,
	Needs:   "expected",
	New:     withArgs(&jsonDiffDefaults, newJSONDiff),
}

type jsonDiffArgs struct {
	Lists   string `json:"lists" oneof:"ordered set subset superset" doc:"how lists are paired"`
	Texts   string `json:"texts" oneof:"equal similar" doc:"how texts are compared"`
	Numbers string `json:"numbers" oneof:"equal near" doc:"how numbers are compared"`
	Extra   string `json:"extra" oneof:"count ignore" doc:"whether keys that are not expected count"`
	Ignore  list   `json:"ignore,omitzero" doc:"JSON Pointers that do not count, such as /id or /items/*/time"`
	Fenced  string `json:"fenced" oneof:"refuse allow" doc:"whether one code fence may surround the JSON"`
}

var jsonDiffDefaults = jsonDiffArgs{Lists: "ordered", Texts: "equal", Numbers: "equal", Extra: "count", Fenced: "allow"}

func newJSONDiff(args jsonDiffArgs, _ string) (eval.Judge, error) {
	for _, p := range args.Ignore {
		if _, err := path.Match(p, ""); err != nil || !strings.HasPrefix(p, "/") {
			return nil, errors.New("ignore: " + quote(p) + " is no JSON Pointer; expected one such as /items/*/time")
		}
	}
	return eval.JudgeFunc(func(ctx context.Context, s *eval.Sample) eval.Score {
		if len(s.Output.Text) > schemaLimit {
			return eval.Fail(fmt.Sprintf("the output is %d bytes long; at most %d are compared", len(s.Output.Text), schemaLimit))
		}
		out := strings.TrimSpace(s.Output.Text)
		if args.Fenced == "allow" {
			out = unfence(out)
		}
		got, outErr := jsonValue(out)
		return best(s, func(_ int, expected string) eval.Score {
			want, err := jsonValue(expected)
			if err != nil {
				return eval.Skip("the expected answer is not JSON")
			}
			if outErr != nil {
				return eval.Value(0, "not JSON: "+clean(outErr.Error()))
			}
			d := differ{jsonDiffArgs: args, ctx: ctx, budget: 1 << 18, work: 1 << 29}
			v := d.compare("", want, got)
			switch {
			case ctx.Err() != nil:
				return stopped(ctx)
			case d.spent():
				return eval.Fail("too many pairs of list elements to compare")
			}
			return eval.Value(min(1, max(0, v)), d.reason())
		})
	}), nil
}

// differ compares values and notes where they differ.
type differ struct {
	jsonDiffArgs
	ctx    context.Context
	budget int // comparisons that may still be made
	work   int // steps of edit distances that may still be made, about 4 ns each
	silent int // while elements are being paired
	found  []string
	more   int
}

func (d *differ) spent() bool { return d.budget < 0 || d.work < 0 }

func (d *differ) reason() string {
	r := strings.Join(d.found, "; ")
	if d.more > 0 {
		r += fmt.Sprintf(" and %d more", d.more)
	}
	return r
}

func (d *differ) note(at, format string, a ...any) float64 {
	if d.silent > 0 {
		return 0
	}
	if at == "" {
		at = "/"
	}
	msg := clean(at + " " + fmt.Sprintf(format, a...))
	if total := len(strings.Join(d.found, "; ")); len(d.found) < 4 && total+len(msg) < reasonLimit-30 {
		d.found = append(d.found, msg)
	} else {
		d.more++
	}
	return 0
}

func (d *differ) ignored(at string) bool {
	return slices.ContainsFunc(d.Ignore, func(p string) bool {
		ok, err := path.Match(p, at)
		return ok && err == nil
	})
}

// compare gives the share of want that got has.
func (d *differ) compare(at string, want, got any) float64 {
	if d.budget--; d.spent() || d.budget%4096 == 0 && d.ctx.Err() != nil {
		return 0
	}
	switch w := want.(type) {
	case map[string]any:
		if g, ok := got.(map[string]any); ok {
			return d.objects(at, w, g)
		}
	case []any:
		if g, ok := got.([]any); ok {
			return d.lists(at, w, g)
		}
	case string:
		if g, ok := got.(string); ok {
			return d.texts(at, w, g)
		}
	case float64, *big.Int:
		if g := bigFloat(got); g != nil {
			alike := d.numbers(bigFloat(w), g)
			if alike < 1 {
				d.note(at, "is %s, expected %s", short(got), short(w))
			}
			return alike
		}
	default:
		if sameJSON(want, got) {
			return 1
		}
	}
	return d.note(at, "is %s, expected %s", short(got), short(want))
}

func (d *differ) texts(at, w, g string) float64 {
	if w == g {
		return 1
	}
	d.note(at, "is %s, expected %s", short(g), short(w))
	if d.Texts != "similar" {
		return 0
	}
	g, w = cut(g, 1<<14), cut(w, 1<<14)
	if d.work -= len(g)*len(w)/64 + 1; d.spent() {
		return 0
	}
	s, err := text.CharacterSimilarity(d.ctx, g, w)
	if err != nil {
		return 0
	}
	return s.Value()
}

func (d *differ) numbers(w, g *big.Float) float64 {
	if w.Cmp(g) == 0 {
		return 1
	}
	if d.Numbers != "near" {
		return 0
	}
	greatest := new(big.Float).Abs(w)
	if a := new(big.Float).Abs(g); a.Cmp(greatest) > 0 {
		greatest = a
	}
	difference := new(big.Float).Sub(w, g)
	share, _ := difference.Quo(difference.Abs(difference), greatest).Float64()
	return max(0, 1-share)
}

func (d *differ) objects(at string, w, g map[string]any) float64 {
	sum, n := 0.0, 0
	for _, k := range sortedKeys(w) {
		to := at + "/" + pointerEscape(k)
		if d.ignored(to) {
			continue
		}
		n++
		if v, ok := g[k]; ok {
			sum += d.compare(to, w[k], v)
		} else {
			d.budget--
			d.note(to, "is missing")
		}
	}
	for _, k := range sortedKeys(g) {
		to := at + "/" + pointerEscape(k)
		if _, ok := w[k]; !ok && d.Extra == "count" && !d.ignored(to) {
			n++
			d.budget--
			d.note(to, "is not expected")
		}
	}
	return mean(sum, n)
}

func mean(sum float64, n int) float64 {
	if n == 0 {
		return 1
	}
	return sum / float64(n)
}

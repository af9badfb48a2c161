package lineage

import (
	"cmp"
	"slices"
	"strings"

	"holdtrue/eval"
)

// Factor is something that some cases have and others do not: a change in how
// their outputs were made, or an attribute that both runs share.
type Factor struct {
	Kind Kind   `json:"kind"`
	Name string `json:"name,omitzero"` // of the document, tool.argument, key or tag
	// From and To are the values before and after, "" where there was none or
	// where they differ from case to case.
	From string `json:"from,omitzero"`
	To   string `json:"to,omitzero"`
	// Source is where a document comes from.
	Source string `json:"source,omitzero"`
	// Changed says that the runs differ in it. Only what changed can be a cause.
	Changed bool `json:"changed"`
	// Label says that it only names a version and does not say what differs in it.
	Label bool `json:"label,omitzero"`
	// Any says that the factor gathers several changes of one kind.
	Any bool `json:"any,omitzero"`
	// Both says that it is two tags at once.
	Both bool `json:"both,omitzero"`
	// First says that the document stands first in both runs.
	First bool `json:"first,omitzero"`
	Cases int  `json:"cases"` // paired cases that have it

	members []int32
}

type factorKey struct {
	kind           Kind
	name, from, to string
	changed, any   bool
	first          bool
}

func (f *Factor) key() factorKey {
	return factorKey{f.Kind, f.Name, f.From, f.To, f.Changed, f.Any, f.First}
}

// collector gathers factors case by case.
type collector struct {
	factors map[factorKey]*Factor
}

func (c *collector) note(i int32, f Factor) {
	key := f.key()
	known, ok := c.factors[key]
	if !ok {
		f.Cases = 0
		known = &f
		c.factors[key] = known
	}
	if n := len(known.members); n == 0 || known.members[n-1] != i {
		known.members = append(known.members, i)
		known.Cases++
	}
}

// change notes one change of a case, and that its kind changed at all.
func (c *collector) change(i int32, f Factor) {
	f.Changed = true
	c.note(i, f)
	f.Any, f.From, f.To = true, "", ""
	c.note(i, f)
}

// factorsOf finds what differs between the runs, and what cases share, over the
// paired cases. Factors that say the same as a wider one are left out; the order
// is fixed.
func factorsOf(base, cand *Side, ids []string) []*Factor {
	c := collector{factors: map[factorKey]*Factor{}}
	for k, id := range ids {
		i := int32(k)
		before, after := base.look(id), cand.look(id)
		for _, f := range keysOf(before, after) {
			c.compare(i, f, before, after, base, cand)
		}
		c.tags(i, after.tags)
	}
	c.runs(base, cand, len(ids))
	return c.list()
}

// maxPairedTags is how many tags of a case each other one is paired with.
const maxPairedTags = 8

// tags notes the tags of a case, and every two of them with different keys.
func (c *collector) tags(i int32, tags map[string][]string) {
	var pairs [][2]string
	for _, key := range eval.TagKeys(tags) {
		for _, v := range tags[key] {
			c.note(i, Factor{Kind: Tag, Name: key, To: v})
			for _, o := range pairs {
				if o[0] != key {
					c.note(i, Factor{Kind: Tag, Name: o[0] + "=" + o[1] + " and " + key, To: v, Both: true})
				}
			}
			if len(pairs) < maxPairedTags {
				pairs = append(pairs, [2]string{key, v})
			}
		}
	}
}

// compare notes what a fact says of one case.
func (c *collector) compare(i int32, f fact, before, after *made, base, cand *Side) {
	b, a := before.facts[f], after.facts[f]
	same := len(a) > 0 && len(b) > 0 && !disjoint(a, b)
	switch {
	case f.kind == first:
	case f.kind == Document:
		leads := fact{kind: first, name: f.name}
		c.document(i, f.name, usual(b), usual(a), same, len(before.facts[leads]) > 0 && len(after.facts[leads]) > 0, base, cand)
	case same && f.kind == Tools:
		for _, tool := range strings.Split(usual(a), ", ") {
			c.note(i, Factor{Kind: Tools, Name: tool})
		}
	case same:
	case f.kind == ToolResult && (len(a) == 0 || len(b) == 0 || argumentsDiffer(f.name, before, after)):
		// It follows from another call, or from none.
	case f.kind == ToolResult:
		c.note(i, Factor{Kind: f.kind, Name: f.name, Changed: true, Any: true})
	default:
		c.change(i, Factor{Kind: f.kind, Name: f.name, From: usual(b), To: usual(a)})
	}
}

// document notes that a document was edited, came, went, or was there unchanged.
func (c *collector) document(i int32, id, from, to string, same, leads bool, base, cand *Side) {
	old, now := base.document(id, from), cand.document(id, to)
	f := Factor{Kind: Document, Name: id, From: versionOf(&old, from, to), To: versionOf(&now, to, from), Source: cmp.Or(now.Source, old.Source)}
	switch {
	case same:
		f.From = ""
		f.To = now.Version
		c.note(i, f)
		return
	case from == "" || to == "":
		c.note(i, Factor{Kind: Retrieval, Changed: true, Any: true})
	case f.Source != "":
		c.note(i, Factor{Kind: Source, Name: f.Source, Source: f.Source, Changed: true, Any: true})
		if leads {
			c.note(i, Factor{Kind: Source, Name: f.Source, Source: f.Source, Changed: true, Any: true, First: true})
		}
	}
	if from != "" && to != "" && f.From == f.To { // an edit without a new version
		f.From, f.To = f.From+" ("+brief(from)+")", f.To+" ("+brief(to)+")"
	}
	f.Changed = true
	c.note(i, f)
	if f.First = leads; leads {
		c.note(i, f)
	}
}

// versionOf names a document's content: by its version or, without one, its hash.
// An empty value is no document.
func versionOf(d *eval.Document, value, other string) string {
	switch {
	case value == "":
		return ""
	case d.Version != "":
		return d.Version
	}
	return brief(value)
}

// brief is enough of a hash to tell it from another.
func brief(hash string) string {
	return strings.TrimPrefix(hash, "sha256:")[:min(8, len(strings.TrimPrefix(hash, "sha256:")))]
}

func argumentsDiffer(tool string, before, after *made) bool {
	for _, m := range []*made{before, after} {
		for f := range m.facts {
			if f.kind == Argument && strings.HasPrefix(f.name, tool+".") {
				b, a := before.facts[f], after.facts[f]
				if len(a) == 0 || len(b) == 0 || disjoint(a, b) {
					return true
				}
			}
		}
	}
	return false
}

// runs notes what is known of the runs as a whole; it holds for every case.
func (c *collector) runs(base, cand *Side, n int) {
	note := func(name, from, to string, label bool) {
		if from == to {
			return
		}
		f := Factor{Kind: Run, Name: name, From: short(from), To: short(to), Changed: true, Label: label, Cases: n}
		for i := range n {
			f.members = append(f.members, int32(i))
		}
		c.factors[f.key()] = &f
	}
	b, a := &base.run, &cand.run
	note("agent", b.Agent, a.Agent, true)
	note("version", b.Version, a.Version, true)
	note("agent kind", b.Kind, a.Kind, true)
	keys := map[string]bool{}
	for _, run := range []*eval.Run{b, a} {
		for k := range run.Lineage {
			keys[k] = keys[k] || k != "model" && !base.gathered[k] && !cand.gathered[k]
		}
	}
	for k, own := range keys {
		if own {
			note(k, b.Lineage[k], a.Lineage[k], slices.Contains(labelKeys(), k))
		}
	}
}

// labelKeys are the lineage keys of runs that name a state without saying what
// differs in it.
func labelKeys() []string { return append([]string{"recording", "holdtrue"}, codeKeys()...) }

// codeKeys are those of them that name the state of the agent's code. Where it
// differs anything may have changed.
func codeKeys() []string {
	return []string{"commit", "git", "git_commit", "git_sha", "git_dirty", "dirty", "revision", "sha"}
}

// isCode says that a factor is a change of the agent's code.
func (f *Factor) isCode() bool {
	return f.Kind == Run && f.Changed && slices.Contains(codeKeys(), f.Name)
}

// list gives the factors in a fixed order, without a gathering of a single one.
func (c *collector) list() []*Factor {
	single := map[factorKey]int{} // of a gathering: the most cases that one change in it has
	for k, f := range c.factors {
		if k.any || !k.changed {
			continue
		}
		for _, wide := range f.wider() {
			single[wide] = max(single[wide], f.Cases)
		}
	}
	var list []*Factor
	for k, f := range c.factors {
		if k.any && single[k] == f.Cases || c.always(k, f) {
			continue
		}
		list = append(list, f)
	}
	slices.SortFunc(list, compareFactors)
	return list
}

// always says that a document that stands first, or two tags at once, say nothing
// more than the document, or one of the tags, by itself.
func (c *collector) always(k factorKey, f *Factor) bool {
	switch {
	case f.First:
		k.first = false
		return c.factors[k].Cases == f.Cases
	case f.Both:
		one, key, _ := strings.Cut(f.Name, " and ")
		name, value, _ := strings.Cut(one, "=")
		for _, o := range []Factor{{Kind: Tag, Name: name, To: value}, {Kind: Tag, Name: key, To: f.To}} {
			if known := c.factors[o.key()]; known != nil && known.Cases == f.Cases {
				return true
			}
		}
	}
	return false
}

// wider are the keys of the gatherings that a change belongs to.
func (f *Factor) wider() []factorKey {
	any := factorKey{kind: f.Kind, name: f.Name, changed: true, any: true, first: f.First}
	if f.Kind == Document {
		any.kind, any.name = Retrieval, ""
		if f.From != "" && f.To != "" {
			any.kind, any.name = Source, f.Source
		}
	}
	return []factorKey{any}
}

// compareFactors orders factors by how much they say: changes before attributes,
// what is upstream before what follows from it, single changes before gatherings.
func compareFactors(a, b *Factor) int {
	return cmp.Or(a.rank()-b.rank(), -cmp.Compare(a.Cases, b.Cases), cmp.Compare(a.Name, b.Name), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To), cmp.Compare(a.Kind, b.Kind), order(a.First, b.First))
}

func order(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

func (f *Factor) rank() int {
	kinds := []Kind{Document, Source, Retrieval, Template, Model, Requested, Parameter, Argument, Tools, Key, Run, ToolResult, Fingerprint, Finish, Tag}
	r := 2 * slices.Index(kinds, f.Kind)
	if f.Any || f.Both {
		r++
	}
	if f.Label {
		r += 50
	}
	if !f.Changed {
		r += 100
	}
	return r
}

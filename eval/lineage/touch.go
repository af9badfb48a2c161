package lineage

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"holdtrue/eval"
)

// Fact is one thing about how an output was made.
type Fact struct {
	Kind  Kind   `json:"kind"`
	Name  string `json:"name,omitzero"`
	Value string `json:"value"`
	// Version and Source are those of a document.
	Version string `json:"version,omitzero"`
	Source  string `json:"source,omitzero"`
}

// Answer is how one output was made.
type Answer struct {
	RunID   string    `json:"run"`
	Run     string    `json:"name"` // agent@version
	Started time.Time `json:"started"`
	CaseID  string    `json:"case"`
	Repeats []int     `json:"repeats"` // that were made alike
	Facts   []Fact    `json:"facts"`
	// OfRun is what is known of the run as a whole.
	OfRun []Fact `json:"of_run"`
}

// Origin is how an output was made, with what is known of its run.
func Origin(run *eval.Run, c *eval.Case, o *eval.Output) Answer {
	a := Answer{RunID: run.ID, Run: run.Name(), Started: run.Started, CaseID: c.ID, Repeats: []int{o.Repeat}}
	documents := map[string]*eval.Document{}
	for i := range o.Documents {
		documents[o.Documents[i].ID] = &o.Documents[i]
	}
	gathered := map[string]bool{"model": true}
	for _, f := range factsOf(c, o) {
		if f.kind == first {
			continue
		}
		fact := Fact{Kind: f.kind, Name: f.name, Value: f.value}
		if d := documents[f.name]; f.kind == Document && d != nil {
			fact.Version, fact.Source = d.Version, d.Source
		}
		if f.kind == Key {
			gathered[f.name] = true
		}
		a.Facts = append(a.Facts, fact)
	}
	sortFacts(a.Facts)
	if o.Prompt != "" {
		a.Facts = append(a.Facts, Fact{Kind: "prompt", Value: eval.ContentHash(o.Prompt)})
	}
	for k, v := range run.Lineage {
		if !gathered[k] {
			a.OfRun = append(a.OfRun, Fact{Kind: Run, Name: k, Value: v})
		}
	}
	a.OfRun = append(a.OfRun, Fact{Kind: Run, Name: "agent kind", Value: run.Kind}, Fact{Kind: Run, Name: "suite", Value: run.Suite + " " + run.SuiteHash})
	sortFacts(a.OfRun)
	return a
}

// Merge makes one of answers that follow each other in the same run and were made
// alike.
func Merge(answers []Answer) []Answer {
	var merged []Answer
	for _, a := range answers {
		if n := len(merged); n > 0 && merged[n-1].RunID == a.RunID && slices.Equal(merged[n-1].Facts, a.Facts) {
			merged[n-1].Repeats = append(merged[n-1].Repeats, a.Repeats...)
			continue
		}
		merged = append(merged, a)
	}
	return merged
}

func sortFacts(facts []Fact) {
	slices.SortFunc(facts, func(a, b Fact) int {
		return cmp.Or((&Factor{Kind: a.Kind, Changed: true}).rank()-(&Factor{Kind: b.Kind, Changed: true}).rank(), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Value, b.Value))
	})
}

// Touched is what a document or a source reaches: the cases whose answers were
// made of it, in the runs that were looked at, and the promises on them.
type Touched struct {
	What Kind   `json:"what"` // document or source
	Name string `json:"name"`
	// Documents are the documents of the source, or the one itself, with their
	// versions, newest run first.
	Documents []TouchedDocument `json:"documents"`
	Cases     []TouchedCase     `json:"cases"`
	Outputs   int               `json:"outputs"`
	Runs      []string          `json:"runs"` // that were looked at
	Promises  []string          `json:"promises"`

	documents map[string]*TouchedDocument
	cases     map[string]*TouchedCase
}

// TouchedDocument is a document in the versions that were retrieved.
type TouchedDocument struct {
	ID       string   `json:"id"`
	Source   string   `json:"source,omitzero"`
	Versions []string `json:"versions"`
}

// TouchedCase is a case that the document or source reaches.
type TouchedCase struct {
	ID      string              `json:"case"`
	Tags    map[string][]string `json:"tags,omitempty"`
	Outputs int                 `json:"outputs"`
	Agents  []string            `json:"agents"` // whose answers were made of it
	// Expected says that the golden set names it as what should be retrieved.
	Expected bool `json:"expected"`
	// Golden says that the case is in the golden set as it stands.
	Golden bool `json:"golden"`
}

// NewTouched looks for a document or a source by its name.
func NewTouched(what Kind, name string) *Touched {
	return &Touched{What: what, Name: name, documents: map[string]*TouchedDocument{}, cases: map[string]*TouchedCase{}}
}

// is says whether a document is the one looked for, or of the source.
func (t *Touched) is(d *eval.Document) bool {
	if t.What == Source {
		return d.Source == t.Name
	}
	return d.ID == t.Name
}

// Add takes in one output of a run.
func (t *Touched) Add(run *eval.Run, c *eval.Case, o *eval.Output) {
	hit := false
	for i := range o.Documents {
		d := &o.Documents[i]
		if t.is(d) {
			hit = true
			t.version(d)
		}
	}
	if !hit {
		return
	}
	t.Outputs++
	k := t.of(c)
	k.Outputs++
	if name := run.Name(); !slices.Contains(k.Agents, name) {
		k.Agents = append(k.Agents, name)
	}
}

func (t *Touched) version(d *eval.Document) {
	known := t.documents[d.ID]
	if known == nil {
		known = &TouchedDocument{ID: d.ID, Source: d.Source}
		t.documents[d.ID] = known
	}
	if v := cmp.Or(d.Version, brief(documentValue(d))); !slices.Contains(known.Versions, v) {
		known.Versions = append(known.Versions, v)
	}
}

func (t *Touched) of(c *eval.Case) *TouchedCase {
	k := t.cases[c.ID]
	if k == nil {
		k = &TouchedCase{ID: c.ID, Tags: c.Tags}
		t.cases[c.ID] = k
	}
	return k
}

// AddGolden takes in a case of the golden set as it stands.
func (t *Touched) AddGolden(c *eval.Case) {
	for i := range c.Documents {
		if t.is(&c.Documents[i]) {
			t.of(c).Expected = true
		}
	}
	if k := t.cases[c.ID]; k != nil {
		k.Golden, k.Tags = true, c.Tags
	}
}

// Finish orders what was found, and finds the promises on it. Call it once, after
// all outputs and then all golden cases.
func (t *Touched) Finish(promises []eval.PromiseSpec) {
	for _, id := range slices.Sorted(maps.Keys(t.documents)) {
		t.Documents = append(t.Documents, *t.documents[id])
	}
	for _, id := range slices.Sorted(maps.Keys(t.cases)) {
		k := t.cases[id]
		slices.Sort(k.Agents)
		t.Cases = append(t.Cases, *k)
	}
	for i := range promises {
		key, value, _ := strings.Cut(promises[i].Slice, "=")
		for _, k := range t.Cases {
			if promises[i].Slice == "" || slices.Contains(k.Tags[key], value) {
				t.Promises = append(t.Promises, promises[i].Name)
				break
			}
		}
	}
}

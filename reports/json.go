package reports

import (
	"bytes"
	"encoding/json"
	"io"

	"holdtrue/eval/drift"
	"holdtrue/eval/lineage"
	"holdtrue/eval/promise"
)

var jsonFormat = &Format{Name: "json", Doc: "the whole comparison, numbers unrounded, for other programs", Write: writeJSON, WriteAll: writeAllJSON}

// schemaNumber is raised when a field changes its meaning or goes away.
const schemaNumber = 1

func writeJSON(w io.Writer, c *drift.Comparison, opt Options) error {
	return asJSON(w, jsonModel(c, opt))
}

// writeAllJSON writes several comparisons as one object.
func writeAllJSON(w io.Writer, all []*drift.Comparison) error {
	models := make([]jsonComparison, len(all))
	for i, c := range all {
		models[i] = jsonModel(c, Options{})
	}
	return asJSON(w, struct {
		Schema      int              `json:"schema"`
		Comparisons []jsonComparison `json:"comparisons"`
	}{schemaNumber, models})
}

type jsonComparison struct {
	Schema int `json:"schema"`
	*drift.Comparison
	Promises    []promise.Account    `json:"promises,omitempty"`
	Explanation *lineage.Explanation `json:"explanation,omitzero"`
}

func jsonModel(c *drift.Comparison, opt Options) jsonComparison {
	m := *c
	m.Reasons, m.Metrics, m.Others, m.Left, m.Worse = list(m.Reasons), list(m.Metrics), list(m.Others), list(m.Left), list(m.Worse)
	m.Options.Slices = list(m.Options.Slices)
	p := &m.Pairing
	p.Edited, p.Added, p.Removed, p.Failed = list(p.Edited), list(p.Added), list(p.Removed), list(p.Failed)
	return jsonComparison{schemaNumber, &m, opt.Promises, opt.Explanation}
}

// list is [] where there is nothing, so that a program can go through it
// whatever was found.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

// asJSON writes a model indented; nothing is written if it cannot be.
func asJSON(w io.Writer, v any) error {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(v); err != nil {
		return err
	}
	return flush(w, &b)
}

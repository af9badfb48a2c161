package reports

import (
	"bytes"
	"encoding/json"
	"io"

	"holdtrue/eval/drift"
)

var jsonFormat = &Format{Name: "json", Doc: "the whole comparison, numbers unrounded, for other programs", Write: writeJSON}

// schemaNumber is raised when a field changes its meaning or goes away.
const schemaNumber = 1

func writeJSON(w io.Writer, c *drift.Comparison, _ Options) error {
	return asJSON(w, struct {
		Schema int `json:"schema"`
		*drift.Comparison
	}{schemaNumber, c})
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

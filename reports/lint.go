package reports

import (
	"bytes"
	"fmt"
	"io"
)

// LintReport is what a check of a golden set found.
type LintReport struct {
	Cases    int                       `json:"cases"`
	Hash     string                    `json:"suite_hash"`
	Slices   map[string]map[string]int `json:"slices"`
	Warnings []LintWarning             `json:"warnings"`
	Provable float64                   `json:"provable_margin"`
	Needed   []LintMargin              `json:"needed"`
}

// LintWarning is something valid that is probably not meant.
type LintWarning struct {
	At      string `json:"at"`
	Message string `json:"message"`
}

// LintMargin is how many unchanged cases prove a margin.
type LintMargin struct {
	Margin float64 `json:"margin"`
	Cases  int     `json:"cases"`
}

// Lint shows what a check of a golden set found.
func Lint(w io.Writer, r LintReport, opt Options) error {
	if opt.JSON {
		r.Warnings = list(r.Warnings)
		return asJSON(w, struct {
			Schema int `json:"schema"`
			LintReport
		}{schemaNumber, r})
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%d cases, no faults, %d warnings (suite %s)\n", r.Cases, len(r.Warnings), r.Hash[:min(12, len(r.Hash))])
	for _, warning := range r.Warnings {
		fmt.Fprintf(&b, "%s: warning: %s\n", plain(warning.At), plain(warning.Message))
	}
	for _, k := range sortedKeys(r.Slices) {
		fmt.Fprintf(&b, "tag %s:", plain(k))
		for i, v := range sortedKeys(r.Slices[k]) {
			if i == 12 {
				fmt.Fprintf(&b, " and %d more", len(r.Slices[k])-i)
				break
			}
			fmt.Fprintf(&b, " %s (%d)", plain(v), r.Slices[k][v])
		}
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%d cases without any change prove that a version holds within %.1f points.\n", r.Cases, 100*r.Provable)
	b.WriteString("Needed, unchanged:")
	for i, n := range r.Needed {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, " %d cases for %s points", n.Cases, number(100*n.Margin))
	}
	b.WriteString(".\n")
	return flush(w, &b)
}

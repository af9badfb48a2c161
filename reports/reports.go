// Package reports lays out finished models, one file per format. It computes no
// statistic, reads no store and changes no model. What a model or a user wrote
// is neutralised for where it is shown.
package reports

import (
	"bytes"
	"io"

	"holdtrue/eval/drift"
	"holdtrue/eval/lineage"
	"holdtrue/eval/promise"
)

// Options of every report.
type Options struct {
	// Width of the terminal; 0 means that the output is none.
	Width int
	Color bool
	JSON  bool // of the smaller models: JSON instead of text
	// Reproduce is the command that gives the comparison again.
	Reproduce string
	// Commands are worth trying next.
	Commands []string
	// Promises are the accounts of the candidate's agent, or of a history's.
	Promises []promise.Account
	// Explanation, if set, is what is known of the likely cause; Case is one case of
	// it that was asked for.
	Explanation *lineage.Explanation
	Case        *lineage.CaseChange
	// MaxBytes bounds a markdown report; 0 takes DefaultMaxBytes.
	MaxBytes int
}

// Format is a way to write a comparison.
type Format struct {
	Name  string
	Doc   string
	Write func(w io.Writer, c *drift.Comparison, opt Options) error
	// WriteAll writes several comparisons as one document; nil where one simply
	// follows another.
	WriteAll func(w io.Writer, all []*drift.Comparison) error
}

// Formats lists every format. A new one is one file and one line here.
var Formats = []*Format{textFormat, markdownFormat, jsonFormat}

// Find finds a format by name.
func Find(name string) (*Format, bool) {
	for _, f := range Formats {
		if f.Name == name {
			return f, true
		}
	}
	return nil, false
}

// Names lists the names of the formats.
func Names() []string {
	names := make([]string, len(Formats))
	for i, f := range Formats {
		names[i] = f.Name
	}
	return names
}

// flush writes what was laid out and gives the writer's error.
func flush(w io.Writer, b *bytes.Buffer) error {
	_, err := w.Write(b.Bytes())
	return err
}

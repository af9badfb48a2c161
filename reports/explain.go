package reports

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"holdtrue/eval/drift"
	"holdtrue/eval/lineage"
)

// causeLine is the likely cause in one line, "" where none is named.
func causeLine(opt Options) string {
	if opt.Explanation == nil {
		return ""
	}
	line := opt.Explanation.Line()
	if line == "" {
		return ""
	}
	return "Likely cause: " + line
}

// Explain writes what changed between the runs of a comparison and what goes with
// what regressed, as text, markdown or JSON.
func Explain(w io.Writer, format string, c *drift.Comparison, opt Options) error {
	switch format {
	case jsonFormat.Name:
		e := *opt.Explanation
		e.Changes, e.Causes = list(e.Changes), list(e.Causes)
		return asJSON(w, struct {
			Schema    int           `json:"schema"`
			Baseline  string        `json:"baseline"`
			Candidate string        `json:"candidate"`
			Verdict   drift.Verdict `json:"verdict"`
			*lineage.Explanation
			Case *lineage.CaseChange `json:"of_case,omitzero"`
		}{schemaNumber, c.Baseline.Run.ID, c.Candidate.Run.ID, c.Verdict, &e, opt.Case})
	case markdownFormat.Name:
		return explainMarkdown(w, c, opt)
	}
	return explainText(w, c, opt)
}

// answer is the first line of an explanation, or of what it says of one case.
func answer(e *lineage.Explanation, one *lineage.CaseChange) string {
	if one != nil {
		if len(one.Causes) == 0 {
			return fmt.Sprintf("No cause is named for %s: it has none of those found", one.ID)
		}
		return fmt.Sprintf("Likely cause of %s: %s", one.ID, e.Causes[one.Causes[0]].Text())
	}
	if named := e.Named(); len(named) > 0 {
		return "Likely cause: " + named[0].Text()
	}
	return "No cause is named: " + e.Why
}

// explainLines are the parts of an explanation, each a title and its lines.
type explainPart struct {
	title string
	lines []string
}

func explainParts(e *lineage.Explanation, one *lineage.CaseChange) []explainPart {
	var parts []explainPart
	add := func(title string, lines []string) {
		if len(lines) > 0 {
			parts = append(parts, explainPart{title, lines})
		}
	}
	if one != nil {
		add("What changed for "+one.ID, caseLines(e, one))
	}
	add("What explains the regressions", causeLines(e))
	add("How sure", sureLines(e))
	add("How they fail", signatureLines(e))
	add(fmt.Sprintf("What changed (%d; %s compared)", e.ChangesTotal, several(e.Paired, "case")), changeLines(e))
	return parts
}

func caseLines(e *lineage.Explanation, one *lineage.CaseChange) []string {
	var lines []string
	for i := range one.Changes {
		lines = append(lines, changeLine(&one.Changes[i], e.Paired))
	}
	if len(lines) == 0 {
		lines = append(lines, "nothing that is recorded")
	}
	return lines
}

// shownCauses is how many causes a report for reading lists.
const shownCauses = 10

func causeLines(e *lineage.Explanation) []string {
	var lines []string
	for i := range e.Causes {
		c := &e.Causes[i]
		if i == shownCauses {
			lines = append(lines, fmt.Sprintf("and %d more", len(e.Causes)-i))
			break
		}
		line := c.Text()
		if c.P < 1 {
			line += fmt.Sprintf(" (p %s corrected; %.0f %% of those with it regressed, %.0f %% without, lift %.1f)", pValue(c.Adjusted), 100*c.Inside, 100*c.Outside, c.Lift)
		}
		if !c.Changed {
			line += "; it did not change itself, but says where to look"
		}
		if len(c.Everywhere) > 0 {
			line += ", among what changed everywhere: " + factorNames(c.Everywhere)
		}
		if len(c.Shares) > 0 {
			line += fmt.Sprintf("; nearly the same cases: %s", factorNames(c.Shares))
		}
		lines = append(lines, line)
	}
	if n := len(e.Unexplained); n > 0 && len(e.Causes) > 0 {
		lines = append(lines, fmt.Sprintf("%d of %s have none of the associated causes: %s", n, several(e.Regressed, "regressed case"), someIDs(e.Unexplained)))
	}
	return lines
}

func factorNames(factors []lineage.Factor) string {
	var names []string
	for i := range factors[:min(3, len(factors))] {
		names = append(names, factors[i].String())
	}
	return strings.Join(names, ", ")
}

func someIDs(ids []string) string {
	const most = 5
	if len(ids) <= most {
		return strings.Join(ids, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(ids[:most], ", "), len(ids)-most)
}

func sureLines(e *lineage.Explanation) []string {
	lines := []string{e.Why}
	if e.Tested > 0 {
		lines = append(lines, fmt.Sprintf("%s tested together; by association at most 5 %% of explanations name a cause where what regressed has nothing to do with any of them. Association is no proof", several(e.Tested, "factor")))
	}
	for _, s := range e.Separate {
		lines = append(lines, "to tell them apart: "+s)
	}
	return lines
}

func signatureLines(e *lineage.Explanation) []string {
	var lines []string
	for _, s := range e.Signatures {
		lines = append(lines, fmt.Sprintf("%s on %s: %s (%s)", several(s.Count, "case"), s.Metric, cut(s.Reason, 200), strings.Join(s.Examples, ", ")))
	}
	return lines
}

const shownChanges = 15

func changeLines(e *lineage.Explanation) []string {
	var lines []string
	for i := range e.Changes {
		if i == shownChanges {
			lines = append(lines, fmt.Sprintf("and %d more", len(e.Changes)-i))
			break
		}
		lines = append(lines, changeLine(&e.Changes[i], e.Paired))
	}
	return lines
}

func changeLine(f *lineage.Factor, paired int) string {
	if f.Cases == paired {
		return f.String() + ": everywhere"
	}
	return fmt.Sprintf("%s: %d of %s", f.String(), f.Cases, several(paired, "case"))
}

func explainText(w io.Writer, c *drift.Comparison, opt Options) error {
	var b bytes.Buffer
	t := textWriter{&b, c, opt}
	fmt.Fprintln(&b, wrap(plain(answer(opt.Explanation, opt.Case)), opt.Width))
	fmt.Fprintln(&b, wrap(headline(c), opt.Width))
	for _, p := range explainParts(opt.Explanation, opt.Case) {
		t.title(plain(p.title))
		for _, l := range neutralLines(p.lines) {
			fmt.Fprintln(&b, bullet(l, opt.Width))
		}
	}
	for _, text := range explainedTexts(opt) {
		t.title("Changed text: " + plain(text.What))
		fmt.Fprintln(&b, bullet(plainDiff(text.Before, text.After), opt.Width))
	}
	t.lines("Next", opt.Commands)
	return flush(w, &b)
}

// explainedTexts are the changed texts to be shown: those of the case asked for, or
// of the causes.
func explainedTexts(opt Options) []lineage.TextChange {
	if opt.Case != nil && len(opt.Case.Texts) > 0 {
		return opt.Case.Texts
	}
	return opt.Explanation.Texts
}

func explainMarkdown(w io.Writer, c *drift.Comparison, opt Options) error {
	limit := opt.MaxBytes
	if limit == 0 {
		limit = DefaultMaxBytes
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "### %s\n\n%s\n", inline(cut(answer(opt.Explanation, opt.Case), 600)), inline(headline(c)))
	foot := ""
	if opt.Reproduce != "" {
		foot = "\n" + fenced(opt.Reproduce)
	}
	part := func(text string) {
		if b.Len()+len(text)+len(foot) <= limit {
			b.WriteString(text)
		}
	}
	for _, p := range explainParts(opt.Explanation, opt.Case) {
		part(markdownList(inline(p.title), p.lines))
	}
	for _, text := range explainedTexts(opt) {
		part(fmt.Sprintf("\n#### Changed text: %s\n\n%s\n", inline(text.What), wordDiff(text.Before, text.After)))
	}
	b.WriteString(foot)
	return flush(w, &b)
}

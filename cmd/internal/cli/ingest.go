package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"holdtrue/datasets"
)

func (a *app) ingestCommand() *cobra.Command {
	var out string
	opt := datasets.IngestOptions{CaseAttributes: datasets.DefaultCaseAttributes()}
	var own []string
	c := &cobra.Command{
		Use:   "ingest FILE... -o RECORDING",
		Short: "Read OpenTelemetry traces into a recording",
		Long: `Ingest reads OTLP files into a recording, which an agent {recording: FILE} replays
and cases add --from makes cases of. A file holds OTLP JSON (one object, or one a
line, as the collector's file exporter writes it) or OTLP protobuf (one message, or
many behind their lengths), also gzip; several files, of spans and of log records,
are read as one.

Spans are known by the GenAI semantic conventions, old names included, and by
OpenInference. Each trace becomes an output: calls of models, retrievals and tools
become the answer, its documents and its steps. The answer is that of the topmost
agent or, where no agent says one, of the last model. The attributes
` + "`holdtrue.case.id` and `test.case.id`" + ` of any span name the case that is answered; a
trace that names several becomes as many outputs, and one that names none has its
own id for one. Several answers to a case are its repeats.

The files are read twice, so that a trace is written as soon as its last span was
read, however its spans are spread. Nothing is written if anything is wrong. What
the suite, where there is one, redacts is redacted here too.`,
		Example: `  holdtrue ingest traces.jsonl -o recordings/production.jsonl
  holdtrue ingest spans.json logs.json --id-attribute ticket.id -o recordings/tickets.jsonl`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			if out == "" || out == "-" {
				return usage("holdtrue ingest "+shellWord(files[0])+" -o recordings/traces.jsonl", "-o is missing: it names the recording")
			}
			opt.CaseAttributes = append(own, opt.CaseAttributes...)
			suite, err := a.suiteIfAny()
			if err != nil {
				return err
			}
			if opt.Mask, err = maskOf(suite); err != nil {
				return err
			}
			n, err := datasets.Ingest(cmd.Context(), files, out, opt)
			if err != nil {
				return err
			}
			if n.NoModel > 0 {
				a.note("left out: %s without a call of a model or an agent", several(n.NoModel, "trace"))
			}
			if n.Wordless > 0 {
				a.note("left out: %s whose text was not captured", several(n.Wordless, "answer"))
				a.hint("OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true in the agent's environment captures it")
			}
			_, err = fmt.Fprintf(a.out, "%s, %s, %s: %s of %s in %s\n", several(n.Spans, "span"), several(n.Logs, "log record"),
				several(n.Traces, "trace"), several(n.Outputs, "output"), several(n.Cases, "case"), printable(out))
			return err
		},
	}
	c.Flags().StringVarP(&out, "output", "o", "", "write the recording to this `FILE` (JSONL)")
	c.Flags().StringArrayVar(&own, "id-attribute", nil, "an attribute that names the case, `NAME`, looked at before the others; may be repeated")
	c.Flags().BoolVar(&opt.Force, "force", false, "overwrite a recording that exists")
	return c
}

// several counts things: "1 case", "2 cases".
func several(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

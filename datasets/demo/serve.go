package demo

import (
	"bufio"
	"context"
	"io"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// Serve speaks the command protocol: a case a line in, an output a line out,
// until the input ends or ctx does.
func Serve(ctx context.Context, version string, in io.Reader, out io.Writer) error {
	a, err := NewAgent(version)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(out)
	for line, err := range wire.Lines(in, "standard input") {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		var q question
		if err == nil {
			err = wire.Decode(line.Data, &q, line.Pos, true)
		}
		o := eval.Output{CaseID: q.ID, Repeat: q.Repeat}
		if err != nil {
			if o.CaseID == "" {
				o.CaseID = "?"
			}
			o.Err = err.Error()
		} else {
			c := eval.Case{Prompt: q.Prompt, Messages: q.Messages}
			o = a.Answer(q.ID, c.Text(), q.Repeat)
		}
		b, err := wire.AppendOutput(nil, &o)
		if err != nil {
			return err
		}
		w.Write(append(b, '\n'))
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

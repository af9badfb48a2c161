package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"holdtrue/eval"
	"holdtrue/eval/process"
	"holdtrue/eval/wire"
)

// askAlone starts a process for one question. All that it writes to its standard
// output is the answer, without the last newline; a JSON output, as a process
// that stays alive writes it, is taken as that.
func (a *command) askAlone(ctx context.Context, o eval.Output, question []byte) (eval.Output, error) {
	asked := time.Now()
	out, stderr, err := process.Once(ctx, a.line, question, a.timeout, a.stderr, process.MaxReply)
	latency := float64(time.Since(asked)) / float64(time.Millisecond)
	switch {
	case ctx.Err() != nil:
		return o, ctx.Err()
	case errors.Is(err, process.ErrLate):
		o.Err = Timeout.err(fmt.Sprintf("no answer within %s; the agent was stopped", a.timeout))
	case errors.Is(err, process.ErrTooLong):
		o.Err = BadReply.err(fmt.Sprintf("an answer of more than %d bytes", process.MaxReply))
	case err != nil:
		o.Err = Crash.err(process.OneLine(err.Error(), 3*process.ShownBytes))
	}
	if o.Err != "" {
		o.Stderr = stderr
		return o, nil
	}
	out = bytes.TrimSuffix(bytes.TrimSuffix(out, []byte("\n")), []byte("\r"))
	answer := eval.Output{CaseID: o.CaseID, Text: string(bytes.ToValidUTF8(out, []byte("\uFFFD")))}
	if bytes.HasPrefix(out, []byte("{")) {
		if whole, err := wire.DecodeOutput(out, eval.Pos{}); err == nil && whole.CaseID == o.CaseID {
			answer = whole
		}
	}
	answer.Repeat = o.Repeat
	if answer.LatencyMS == nil {
		answer.LatencyMS = &latency
	}
	return answer, nil
}

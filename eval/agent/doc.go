// Package agent asks agent versions: a recording of outputs in a file, a command
// that answers on its standard output, a model behind a server, or any service.
//
// It knows how to put one case to one agent and get one output back, whatever
// happens on the way: a time-out, a crash or a reply that makes no sense is an
// output with an error. It refuses to know what is expected of the answer (an
// agent is never shown more than the id, the repeat and the prompt), how many
// cases there are, how outputs are scored and where they are kept.
//
// It stands between the readers of cases and the pipeline that drives it:
//
//	datasets.Cases -> replay.Run (asks an Agent) -> eval.Panel -> store
package agent

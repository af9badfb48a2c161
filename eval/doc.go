// Package eval holds the nouns of holdtrue and the one step that turns outputs
// into results.
//
// A suite is a set of cases. An agent answers a case with an output. A scorer,
// configured as a metric, judges an output and gives a score. An output with
// its scores is a result; the results of one agent version over one suite are
// a run. Every other package speaks in these words.
//
// The package knows no file format, no database, no built-in scorer and no
// screen. It imports the standard library only. Its types carry the wire form
// of cases and outputs as plain JSON tags, so that agents, the store and the
// readers share one form without knowing each other.
//
// The flow, of which this package is the third stage:
//
//	datasets.Read -> replay.Run -> eval.Panel.Evaluate -> store -> drift.Compare -> reports
//	   Case           Output             Result            Run     Comparison       bytes
package eval

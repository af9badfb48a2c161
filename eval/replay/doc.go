// Package replay drives a run: it asks agents every case, has the outputs
// scored and hands the results to the store as they arrive.
//
// It knows order, concurrency, budgets, interruption and resumption. It refuses
// to know what is expected of an answer, how a score comes about, how an agent is
// asked and what the store does with a result. It holds a bounded number of cases and
// outputs at any time, however many there are.
//
//	datasets.Cases -> replay.Run -> eval.Panel.Evaluate -> store
//
// Three stages run at the same time, with bounded queues between them: one
// goroutine reads cases and plans the calls, several ask and score, and the
// caller's own goroutine commits the results in small batches.
package replay

// Package demo is a golden set and an agent to see holdtrue work on: about 120
// support cases of an invented bicycle shop, in five areas and two languages,
// and a small retrieval agent that answers them from versioned documents.
//
// The agent has no model and no clock: it ranks documents by BM25, answers with
// their sentences, calls two tools, and varies its wording by a seed, so that
// repeats differ. Its second version carries three faults of the kind that is
// easy to miss. It is asked through the command protocol like any other agent
// and never sees what is expected.
package demo

// Package wire reads and writes cases and outputs as JSON, one object a line,
// strictly: an unknown key, a duplicate key, a wrong type is an error with
// file, line, what was expected and the nearest known key.
//
// It knows the wire form and nothing else: no suite, no agent, no store. Those
// three share it, so that a case means the same in a file, on the standard
// input of a command agent and in a bundle.
package wire

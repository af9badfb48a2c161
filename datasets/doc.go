// Package datasets reads, checks and writes suites and cases, and converts
// foreign files into them.
//
// It is strict: what it does not understand is an error with file, line, what
// was expected and the nearest valid name, and all errors of a file are found
// at once. It scores nothing, opens no store, and does not know which scorers or
// kinds of agent exist.
package datasets

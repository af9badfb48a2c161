// Package process keeps a program alive and asks it one line at a time: a line on
// its standard input, a line on its standard output, with time and length limits,
// and the end of what it writes to its standard error. The agents and scorers
// that are programs are asked by it.
package process

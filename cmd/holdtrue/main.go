// Command holdtrue tells whether a new version of an LLM agent still keeps its
// promises. Run it without arguments for its commands.
package main

import (
	"os"

	"holdtrue/cmd/internal/cli"
)

func main() { os.Exit(cli.Main(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

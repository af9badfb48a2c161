// Package agenttest is a server that speaks OpenAI's chat completions, with
// every fault that such a server can have, and a TCP proxy with those of the
// network. It counts the calls that are made of it. It is for the tests of
// whatever asks agents, and knows nothing of cases, runs and scores.
package agenttest

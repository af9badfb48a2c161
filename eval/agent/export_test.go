package agent

// What the tests from outside the package need of its own.
const (
	HelperEnv = helperEnv
	ChatSeed  = chatSeed
	TestKey   = testKey
)

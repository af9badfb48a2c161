package datasets

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Agents that are asked over a network replace environment variables themselves;
// of the others the reader does.
func TestWhoReplacesEnvironmentVariables(t *testing.T) {
	path := filepath.Join(t.TempDir(), SuiteName)
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "c.jsonl"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	read := func(agents string) (string, error) {
		t.Helper()
		if err := os.WriteFile(path, []byte("suite: s\ncases: [c.jsonl]\nmetrics: [exact]\nagents:\n  a: "+agents+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := ReadSuite(path, func(name string) (string, bool) { return "set", name == "SET" })
		if err != nil {
			return "", err
		}
		return string(s.Agents[0].Args) + s.Agents[0].Version, nil
	}
	for agents, want := range map[string]string{
		"{command: [run, $SET], version: $SET}":                             `["run","set"]set`,
		`{openai: {model: $SET, system: "costs $5"}, version: $SET}`:        `{"model":"$SET","system":"costs $5"}set`,
		`{http: {url: "http://h/$$a", headers: {Authorization: "$UNSET"}}}`: `{"headers":{"Authorization":"$UNSET"},"url":"http://h/$$a"}`,
	} {
		if got, err := read(agents); err != nil || got != want {
			t.Errorf("%s: %s, want %s; error %v", agents, got, want, err)
		}
	}
	if _, err := read("{command: [run, $UNSET]}"); err == nil || !strings.Contains(err.Error(), "UNSET is not set") {
		t.Errorf("error %v", err)
	}
}

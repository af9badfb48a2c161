package agent_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"holdtrue/eval"
	"holdtrue/eval/agent"
	"holdtrue/eval/agent/agenttest"
	"holdtrue/eval/replay"
	"holdtrue/eval/store"
)

// startServer runs the test binary as a server in a process of its own and gives
// its address.
func startServer(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), agent.HelperEnv+"=chat")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

// calls asks the server how often each prompt was asked.
func calls(t *testing.T, server string) (n map[string]int, all int) {
	t.Helper()
	resp, err := http.Get(server + "/calls")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&n); err != nil {
		t.Fatal(err)
	}
	for _, k := range n {
		all += k
	}
	return n, all
}

const liveCases = 1000

func liveCaseSeq(yield func(eval.Case, error) bool) {
	for n := range liveCases {
		id := fmt.Sprintf("case-%04d", n)
		if !yield(eval.Case{ID: id, Prompt: id}, nil) {
			return
		}
	}
}

// replayLive goes on with a run until it ends or ctx does.
func replayLive(ctx context.Context, t *testing.T, db *store.DB, run *eval.Run, url string) (replay.Report, error) {
	t.Helper()
	args := fmt.Sprintf(`{"base_url": %q, "model": "m", "max_attempts": 6, "idle_timeout": "250ms",
		"backoff": {"first": "2ms", "longest": "20ms"}, "breaker": {"failures": 200, "pause": "50ms"}}`, url+"/v1")
	getenv := func(name string) (string, bool) { return agent.TestKey, name == "OPENAI_API_KEY" }
	ag, err := agent.Open(ctx, eval.AgentSpec{Name: "bot", Kind: "openai", Timeout: 1500 * time.Millisecond, Args: json.RawMessage(args)},
		agent.Options{Concurrency: 32, Getenv: getenv})
	if err != nil {
		t.Fatal(err)
	}
	defer ag.Close()
	panel, err := eval.NewPanel(nil, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	return replay.Run(ctx, replay.Plan{Cases: iter.Seq2[eval.Case, error](liveCaseSeq), Concurrency: 32, Store: db,
		MaxConsecutiveFailures: -1, Targets: []replay.Target{{Agent: ag, Run: run, Panel: panel}}})
}

// TestEveryFaultAtOnce asks 1,000 cases, 32 at a time, of a server in a process
// of its own that throttles, stalls, hangs, drops connections, answers garbage,
// fails and floods, through a network that is slow, resets, stalls and cuts. The
// run is cancelled in the middle and resumed. Every case ends with one output,
// made by the last call that the server saw of it: nothing is asked again after
// it was answered. The key, which the server sends back in its errors, is nowhere
// in the store.
func TestEveryFaultAtOnce(t *testing.T) {
	server := startServer(t)
	proxy, err := agenttest.NewProxy(strings.TrimPrefix(server, "http://"), agent.ChatSeed, 0.6)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	db, err := store.Open(t.Context(), filepath.Join(dir, "store"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	run := &eval.Run{Suite: "faults", Agent: "bot", Kind: "openai", Cases: liveCases, Repeats: 1, Started: time.Now()}
	if err := db.NewRun(t.Context(), run); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute) // none of this may hang
	defer stop()
	half, cancel := context.WithCancel(ctx)
	go func() {
		for half.Err() == nil {
			if _, all := calls(t, server); all > 600 {
				cancel()
			}
			time.Sleep(20 * time.Millisecond)
		}
	}()
	first, err := replayLive(half, t, db, run, "http://"+proxy.Addr())
	if !errors.Is(err, context.Canceled) || first.Stored == 0 || first.Stored == liveCases {
		t.Fatalf("%d outputs before the cancellation, error %v", first.Stored, err)
	}
	second, err := replayLive(ctx, t, db, run, "http://"+proxy.Addr())
	if err != nil || second.Skipped != first.Stored || second.Skipped+second.Stored != liveCases {
		t.Fatalf("%d outputs, then %d kept and %d more, error %v", first.Stored, second.Skipped, second.Stored, err)
	}
	proxy.Close()
	asked, all := calls(t, server)
	answered, attempts := checkLive(t, db, run, asked)
	t.Logf("%d cases answered of %d, %d calls at the server, %d attempts repeated, failures %v, connections %v",
		answered, liveCases, all, attempts, second.Errors, proxy.Made)
	if answered < liveCases*85/100 || attempts < 200 {
		t.Errorf("%d answered, %d attempts: the mix is not what it is meant to be", answered, attempts)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	checkNoSecret(t, dir)
}

// checkLive looks at every output of the run.
func checkLive(t *testing.T, db *store.DB, run *eval.Run, asked map[string]int) (answered, attempts int) {
	t.Helper()
	seen := map[string]bool{}
	extra := 0 // cases of which the server saw more calls than the output tells of
	for row, err := range db.Rows(t.Context(), run.ID) {
		if err != nil {
			t.Fatal(err)
		}
		if seen[row.CaseID] {
			t.Errorf("%s has two outputs", row.CaseID)
		}
		seen[row.CaseID] = true
		_, r, err := db.Result(t.Context(), run.ID, row.CaseID, 0)
		if err != nil {
			t.Fatal(err)
		}
		o := r.Output
		attempts += len(o.Attempts)
		if asked[o.CaseID] > len(o.Attempts)+1 {
			extra++
		}
		if whole, _ := json.Marshal(o); bytes.Contains(whole, []byte("0123+456789")) {
			t.Errorf("the key is in %s", whole)
		}
		if o.Failed() {
			continue
		}
		answered++
		if want := fmt.Sprintf("%s#%d", o.CaseID, asked[o.CaseID]); o.ResponseID != want || o.Text != "echo: "+o.CaseID {
			t.Errorf("%s: the answer %s is %q; the last call was %s", o.CaseID, o.ResponseID, o.Text, want)
		}
	}
	if extra > 32 {
		t.Errorf("%d cases were asked more often than their outputs tell; 32 calls were under way at the cancellation", extra)
	}
	if len(seen) != liveCases {
		t.Errorf("%d cases have an output", len(seen))
	}
	return answered, attempts
}

// checkNoSecret looks for the key in every byte of every file.
func checkNoSecret(t *testing.T, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte("0123+456789")) {
			t.Errorf("the key is in %s", f)
		}
	}
}

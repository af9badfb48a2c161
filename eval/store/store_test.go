package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"holdtrue/eval"
)

func open(tb testing.TB, path string) *DB {
	tb.Helper()
	db, err := Open(tb.Context(), path, Options{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	return db
}

var testMetrics = []eval.Metric{
	{Name: "exact", Scorer: "exact", Version: "1", Args: []byte(`{"a":1}`), Scale: eval.Binary, Better: eval.Higher, Gate: true},
	{Name: "length", Scorer: "length", Version: "2", Scale: eval.Measure, Unit: "characters", Better: eval.Neither, Standard: true},
}

func newRun(tb testing.TB, db *DB, agent, version string, cases, repeats int) eval.Run {
	tb.Helper()
	margin := 0.02
	metrics := append([]eval.Metric{}, testMetrics...)
	metrics[0].Margin = &margin
	run := eval.Run{Suite: "s", SuiteHash: "h", Agent: agent, Version: version, Kind: "command", Started: time.Now().UTC().Truncate(time.Millisecond),
		Cases: cases, Repeats: repeats, Seed: 1 << 63, Selection: "first 3", Metrics: metrics, Lineage: map[string]string{"k": "v"}}
	if err := db.NewRun(tb.Context(), &run); err != nil {
		tb.Fatal(err)
	}
	return run
}

func entry(id string, repeat int, text string) Entry {
	c := &eval.Case{ID: id, Prompt: "ask " + id, Expected: []string{"x"}, Tags: map[string][]string{"topic": {"t"}}}
	o := eval.Output{CaseID: id, Repeat: repeat, Text: text}
	return Entry{Case: c, CaseHash: c.Hash(), Result: eval.Result{Output: o, Scores: []eval.Score{
		{Metric: "exact", Status: eval.Scored, Value: 1, Reason: "r", Evidence: []eval.Span{{Start: 1, End: 2, Note: "n"}}},
		{Metric: "length", Status: eval.Scored, Value: float64(len(text))},
	}}}
}

func TestResultComesBackAsItWas(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a ?#%b.db"))
	run := newRun(t, db, "bot", "1", 1000, 1)
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		e := entry(fmt.Sprintf("c%d", n), 0, string(rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "text")))
		o := &e.Result.Output
		latency, in, cost := rapid.Float64Range(0, 1e6).Draw(t, "latency"), rapid.Int64Range(0, 1e9).Draw(t, "tokens"), 0.25
		o.LatencyMS, o.FirstTokenMS, o.Usage = &latency, new(latency/2), &eval.Usage{InputTokens: &in, CostUSD: &cost}
		o.Prompt = rapid.String().Draw(t, "prompt")
		o.ResponseID, o.Cached = "r", rapid.Bool().Draw(t, "cached")
		o.Messages, o.Requested, o.Parameters = []eval.Message{{Role: "user", Content: "hi"}}, "asked", json.RawMessage(`{"temperature":0}`)
		o.Fingerprint, o.Finish, o.Seed, o.Started = "fp", "stop", new(int64(7)), time.UnixMilli(5).UTC()
		o.Attempts = []eval.Attempt{{Err: "time-out: 1s", LatencyMS: 1000, WaitMS: 5}}
		o.Model, o.Err, o.Stderr = "m", rapid.SampledFrom([]string{"", "time-out"}).Draw(t, "error"), "s"
		o.Steps = []eval.Step{{Tool: "t", Args: []byte(`{"a":1}`), Result: []byte(`[1]`)}}
		o.Documents = []eval.Document{{ID: "d", Version: "v7", Source: "s", Hash: "h", Text: "x"}}
		o.Feedback = &eval.Feedback{Labels: map[string]float64{"label": 1}}
		o.Lineage = map[string]string{"index": "9"}
		if stored, err := db.Append(context.Background(), run.ID, []Entry{e}); err != nil || stored != 1 {
			t.Fatalf("stored %d: %v", stored, err)
		}
		c, got, err := db.Result(context.Background(), run.ID, e.Case.ID, 0)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(e.Result, got); d != "" {
			t.Fatal(d)
		}
		if c.Hash() != e.CaseHash {
			t.Fatal("the case came back with another content")
		}
	})
	got, err := db.Run(t.Context(), run.ID)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(run, got); d != "" {
		t.Error(d)
	}
}

// TestTexts: the texts that rows stand for come back once each, more of them
// than one query reads.
func TestTexts(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "t.db"))
	run := newRun(t, db, "bot", "1", 700, 1)
	var entries []Entry
	want := map[string]bool{}
	for i := range 700 {
		text := strings.Repeat(fmt.Sprint("text ", i/2, " "), 20) // every one twice
		want[text] = true
		entries = append(entries, entry(fmt.Sprint("c", i), 0, text))
	}
	if _, err := db.Append(t.Context(), run.ID, entries); err != nil {
		t.Fatal(err)
	}
	var ids []uint64
	for row, err := range db.Rows(t.Context(), run.ID) {
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(ids, row.Text) {
			ids = append(ids, row.Text)
		}
	}
	ids = append(ids, 1<<40) // stands for nothing
	for text, err := range db.Texts(t.Context(), ids) {
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Contains(ids, text.ID) || !want[text.Text] {
			t.Fatalf("%d is %q", text.ID, text.Text)
		}
		delete(want, text.Text)
	}
	if len(want) > 0 {
		t.Errorf("%d texts are missing", len(want))
	}
	for range db.Texts(t.Context(), ids) {
		break // a reader may stop
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range db.Texts(ended, ids) {
		if err == nil {
			t.Error("read after the end of the context")
		}
	}
}

func FuzzText(f *testing.F) {
	for _, s := range []string{"", "\x00", "\xff\xfe", strings.Repeat("a", 1000), "é\u202e\x1b[31m"} {
		f.Add(s)
	}
	db := open(f, filepath.Join(f.TempDir(), "f.db"))
	run := newRun(f, db, "bot", "1", 1, 1)
	n := 0
	f.Fuzz(func(t *testing.T, s string) {
		n++
		e := entry(fmt.Sprint(n), 0, s)
		if _, err := db.Append(t.Context(), run.ID, []Entry{e}); err != nil {
			t.Fatal(err)
		}
		_, got, err := db.Result(t.Context(), run.ID, e.Case.ID, 0)
		if err != nil || got.Output.Text != s {
			t.Fatalf("%q came back as %q (%v)", s, got.Output.Text, err)
		}
	})
}

func TestAppendTwiceAndFinish(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	run := newRun(t, db, "bot", "1", 2, 2)
	batch := []Entry{entry("a", 0, "x"), entry("a", 1, "y"), entry("b", 0, "x")}
	for i, want := range []int{3, 0} {
		if n, err := db.Append(t.Context(), run.ID, batch); err != nil || n != want {
			t.Fatalf("append %d stored %d (%v), want %d", i, n, err, want)
		}
	}
	if err := db.Finish(t.Context(), run.ID, time.Now(), nil); err == nil || !strings.Contains(err.Error(), "3 of 4") {
		t.Fatalf("a run with a missing output was finished: %v", err)
	}
	has, n, err := db.Answered(t.Context(), run.ID)
	if err != nil || n != 3 {
		t.Fatal(n, err)
	}
	if hash := batch[0].CaseHash; !has("a", hash, 1) || has("b", batch[2].CaseHash, 1) || has("a", "other", 0) {
		t.Error("answered says the wrong thing")
	}
	if _, err := db.Append(t.Context(), run.ID, []Entry{entry("b", 1, "z")}); err != nil {
		t.Fatal(err)
	}
	if err := db.Finish(t.Context(), run.ID, time.Now(), map[string]string{"model": "m"}); err != nil {
		t.Fatal(err)
	}
	got, err := db.Run(t.Context(), "latest")
	if err != nil || got.Status != eval.Complete || got.Lineage["model"] != "m" || got.Lineage["k"] != "v" {
		t.Fatalf("%+v %v", got, err)
	}
	var rows []eval.Row
	for r, err := range db.Rows(t.Context(), run.ID) {
		if err != nil {
			t.Fatal(err)
		}
		r.Scores = slices.Clone(r.Scores)
		rows = append(rows, r)
	}
	if len(rows) != 4 || rows[1].CaseID != "a" || rows[1].Repeat != 1 || len(rows[3].Scores) != 2 || rows[0].Text == rows[1].Text || rows[0].Text != rows[2].Text {
		t.Errorf("rows %+v", rows)
	}
}

func TestNotes(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	run := newRun(t, db, "bot", "1", 1, 1)
	for _, text := range []string{"first", "second\x1b\xff"} {
		if err := db.SetNote(t.Context(), run.ID, "stderr", text); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := db.Note(t.Context(), run.ID, "stderr"); err != nil || got != "second\x1b\ufffd" {
		t.Errorf("%q %v", got, err)
	}
	if got, err := db.Note(t.Context(), run.ID, "other"); err != nil || got != "" {
		t.Errorf("%q %v", got, err)
	}
}

func TestResolve(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	ctx := t.Context()
	first, second := newRun(t, db, "bot", "1", 1, 1), newRun(t, db, "bot", "2", 1, 1)
	for _, r := range []eval.Run{first, second} {
		if _, err := db.Append(ctx, r.ID, []Entry{entry("a", 0, "x")}); err != nil {
			t.Fatal(err)
		}
		if err := db.Finish(ctx, r.ID, time.Now(), nil); err != nil {
			t.Fatal(err)
		}
	}
	unfinished := newRun(t, db, "slow", "1", 1, 1)
	if err := db.Pin(ctx, "main", first.ID); err != nil {
		t.Fatal(err)
	}
	for ref, want := range map[string]string{
		"main": first.ID, "latest": second.ID, "bot": second.ID, "bot@1": first.ID,
		first.ID: first.ID, second.ID[:8]: second.ID, unfinished.ID: unfinished.ID,
	} {
		if got, err := db.Run(ctx, ref); err != nil || got.ID != want {
			t.Errorf("%s: %s (%v), want %s", ref, got.ID, err, want)
		}
	}
	for ref, part := range map[string]string{"mian": `did you mean "main"`, "slow": "no run of slow is complete", "bot@3": "no run answers", "zzzz": "no run answers"} {
		if _, err := db.Run(ctx, ref); !errors.Is(err, ErrNotFound) || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v", ref, err)
		}
	}
	for _, bad := range []string{"latest", "", "1st", first.ID, "a b", strings.Repeat("a", 65)} {
		if err := db.Pin(ctx, bad, first.ID); err == nil {
			t.Errorf("%q was taken as a pinned name", bad)
		}
	}
	if _, _, err := db.Result(ctx, first.ID, "aa", 0); err == nil {
		t.Error("a case that is not there was found")
	}
}

// TestNewestWhateverTheClock takes the run that was stored last for the newest,
// though the clock was put back before it.
func TestNewestWhateverTheClock(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	ctx := t.Context()
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	var last eval.Run
	for hour := range 3 {
		last = eval.Run{Suite: "s", Agent: "bot", Started: noon.Add(-time.Duration(hour) * time.Hour), Repeats: 1, Metrics: testMetrics}
		if err := db.NewRun(ctx, &last); err != nil {
			t.Fatal(err)
		}
		if resumable, err := db.Resumable(ctx, "s", "bot"); err != nil || resumable.ID != last.ID {
			t.Errorf("%s goes on (%v), want %s", resumable.ID, err, last.ID)
		}
		if err := db.Finish(ctx, last.ID, last.Started, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, ref := range []string{Latest, "bot"} {
		if got, err := db.Run(ctx, ref); err != nil || got.ID != last.ID {
			t.Errorf("%s: %s (%v), want %s", ref, got.ID, err, last.ID)
		}
	}
	if infos, err := db.Runs(ctx, Filter{Limit: 1}); err != nil || len(infos) != 1 || infos[0].Run.ID != last.ID {
		t.Errorf("the list begins with %+v (%v)", infos, err)
	}
}

func TestRefusesWhatIsNotItsOwn(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, statements ...string) string {
		path := filepath.Join(dir, name)
		db, err := openPool(path, readWrite)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		for _, s := range statements {
			if _, err := db.Exec(s); err != nil {
				t.Fatal(err)
			}
		}
		return path
	}
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	short := filepath.Join(dir, "short.db") // SQLite takes it for an empty database
	if err := os.WriteFile(short, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(dir, "own.db")
	open(t, own).Close()
	for path, part := range map[string]string{
		write("foreign.db", "CREATE TABLE t (a)"):                             "belongs to another program",
		write("marked.db", "PRAGMA application_id = 7", "CREATE TABLE t (a)"): "belongs to another program",
		write("own.db", "PRAGMA user_version = 99"):                           "schema 99 and this program knows up to 6",
		text:                             "not a run database",
		short:                            "not a run database",
		dir:                              "this is a folder",
		filepath.Join(dir, "no", "a.db"): "does not exist",
	} {
		db, err := Open(t.Context(), path, Options{})
		var in *eval.InputError
		if !errors.As(err, &in) || !strings.Contains(err.Error(), part) {
			t.Errorf("%s: %v, want %q", path, err, part)
		}
		if db != nil {
			db.Close()
		}
	}
	if _, err := Open(t.Context(), filepath.Join(dir, "none.db"), Options{MustExist: true}); err == nil {
		t.Error("a missing store was opened")
	}
	if _, err := os.Stat(filepath.Join(dir, "none.db")); err == nil {
		t.Error("a missing store was made")
	}
	t.Chdir(dir) // names that SQLite gives a meaning are files here
	for _, name := range []string{":memory:", ":x"} {
		open(t, name).Close()
		if _, err := os.Stat(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestReadsWhatCannotBeWritten opens a store in a folder where nothing can be
// made, reads it, and cannot write.
func TestReadsWhatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "runs.db")
	db := open(t, path)
	run := newRun(t, db, "a", "1", 1, 1)
	if _, err := os.Stat(path + "-wal"); err != nil {
		t.Fatal("this test has no write-ahead log to look at")
	}
	if r, err := openAs(t.Context(), path, frozen, nil); err == nil {
		r.Close()
		t.Error("a write-ahead log was passed over")
	}
	db.Close()
	reads := func(db *DB) {
		t.Helper()
		defer db.Close()
		if got, err := db.Run(t.Context(), run.ID); err != nil || got.ID != run.ID {
			t.Errorf("reading: %v", err)
		}
		if err := db.Pin(t.Context(), "main", run.ID); !IsReadOnly(err) {
			t.Errorf("writing: %v", err)
		}
	}
	for _, as := range []access{readOnly, frozen} {
		db, err := openAs(t.Context(), path, as, nil)
		if err != nil {
			t.Fatal(err)
		}
		reads(db)
	}
	old := filepath.Join(t.TempDir(), "old.db")
	firstSchema(t, old)
	for _, as := range []access{readOnly, frozen} {
		var in *eval.InputError
		if _, err := openAs(t.Context(), old, as, nil); !errors.As(err, &in) || !strings.Contains(in.Msg, "has schema 1, this program needs") || !strings.Contains(in.Hint, "where it can be written") {
			t.Errorf("an older schema: %v", err)
		}
	}
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	for name, mode := range map[string]os.FileMode{path: 0o444, dir: 0o555} {
		if err := os.Chmod(name, mode); err != nil {
			t.Fatal(err)
		}
	}
	defer os.Chmod(dir, 0o755)
	db, err := Open(t.Context(), path, Options{MustExist: true})
	if err != nil {
		t.Fatal(err)
	}
	reads(db)
}

// TestMain lets the test binary play a writing process.
func TestMain(m *testing.M) {
	if path := os.Getenv("STORE_TEST_WRITER"); path != "" {
		if err := writeForEver(path, os.Getenv("STORE_TEST_AGENT")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const writerBatches, writerBatch = 40, 25

// writeForEver appends batch after batch and says so after each commit.
func writeForEver(path, agent string) error {
	ctx := context.Background()
	db, err := Open(ctx, path, Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	run := eval.Run{Suite: "s", Agent: agent, Started: time.Now(), Cases: writerBatches * writerBatch, Repeats: 1, Metrics: testMetrics}
	if err := db.NewRun(ctx, &run); err != nil {
		return err
	}
	fmt.Println(run.ID)
	for b := range writerBatches {
		var batch []Entry
		for i := range writerBatch {
			batch = append(batch, entry(fmt.Sprintf("c%d", b*writerBatch+i), 0, strings.Repeat(agent, 200)))
		}
		if _, err := db.Append(ctx, run.ID, batch); err != nil {
			return err
		}
		fmt.Println(b)
	}
	return db.Finish(ctx, run.ID, time.Now(), nil)
}

func startWriter(t *testing.T, path, agent string) (*exec.Cmd, *strings.Builder) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "STORE_TEST_WRITER="+path, "STORE_TEST_AGENT="+agent)
	var out strings.Builder
	cmd.Stdout = &out
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, &out
}

// TestKilledWriter kills a writing process at seeded moments: what it said it
// had committed is there, the file is sound, and every result is whole.
func TestKilledWriter(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	committed, longer := 0, time.Duration(1)
	for round := range 8 {
		path := filepath.Join(t.TempDir(), fmt.Sprintf("%d.db", round))
		cmd, out := startWriter(t, path, "bot")
		time.Sleep(longer * time.Duration(20+rng.IntN(150)) * time.Millisecond)
		cmd.Process.Kill()
		cmd.Wait()
		lines := strings.Fields(out.String())
		db := open(t, path)
		var sound string
		if err := db.db.QueryRow("PRAGMA integrity_check").Scan(&sound); err != nil || sound != "ok" {
			t.Fatalf("integrity: %s %v", sound, err)
		}
		if len(lines) == 0 {
			longer *= 2 // a slow machine: it had not even begun
			continue
		}
		_, n, err := db.Answered(t.Context(), lines[0])
		if err != nil {
			t.Fatal(err)
		}
		acknowledged := (len(lines) - 1) * writerBatch
		if n < acknowledged || n%writerBatch != 0 {
			t.Errorf("%d results are stored, %d were acknowledged", n, acknowledged)
		}
		committed += n
		for row, err := range db.Rows(t.Context(), lines[0]) {
			if err != nil || len(row.Scores) != len(testMetrics) {
				t.Fatalf("%+v %v", row, err)
			}
		}
	}
	if committed == 0 {
		t.Error("no round committed anything: the test saw nothing")
	}
}

// TestWritersAtOnce lets several processes write one new file at the same time,
// and a reader read it meanwhile.
func TestWritersAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.db")
	var wg sync.WaitGroup
	for i := range 4 {
		cmd, _ := startWriter(t, path, fmt.Sprintf("bot%d", i))
		wg.Add(1)
		go func() {
			defer wg.Done()
			if err := cmd.Wait(); err != nil {
				t.Errorf("writer %d: %v", i, err)
			}
		}()
	}
	reader := open(t, path)
	for range 20 {
		if _, err := reader.Runs(t.Context(), Filter{}); err != nil {
			t.Errorf("reading while others write: %v", err)
		}
	}
	wg.Wait()
	infos, err := reader.Runs(t.Context(), Filter{Status: eval.Complete})
	if err != nil || len(infos) != 4 {
		t.Fatalf("%d complete runs (%v), want 4", len(infos), err)
	}
	for _, info := range infos {
		if info.Outputs != writerBatches*writerBatch {
			t.Errorf("%s has %d outputs", info.Run.Agent, info.Outputs)
		}
	}
}

// TestOpenedAtOnce: several may make the same new file at the same time.
func TestOpenedAtOnce(t *testing.T) {
	dir := t.TempDir()
	for i := range 50 {
		path := filepath.Join(dir, fmt.Sprint(i, ".db"))
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				db, err := Open(t.Context(), path, Options{})
				if err != nil {
					t.Error(err)
					return
				}
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
}

func TestDamagedBody(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	run := newRun(t, db, "bot", "1", 1, 1)
	if _, err := db.Append(t.Context(), run.ID, []Entry{entry("a", 0, strings.Repeat("hello world ", 50))}); err != nil {
		t.Fatal(err)
	}
	if _, err := db.db.Exec("UPDATE bodies SET data = x'00', codec = 'plain'"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := db.Result(t.Context(), run.ID, "a", 0); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a damaged text came back: %v", err)
	}
}

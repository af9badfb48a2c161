package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"holdtrue/eval"
)

// datedRun stores a run of one case that started so many days before now. Its
// texts are its own but for its case.
func datedRun(tb testing.TB, db *DB, agent string, days int, complete bool) eval.Run {
	tb.Helper()
	ctx := tb.Context()
	run := eval.Run{Suite: "s", Agent: agent, Started: gcNow.Add(-time.Duration(days) * 24 * time.Hour), Cases: 1, Repeats: 1, Metrics: testMetrics}
	if err := db.NewRun(ctx, &run); err != nil {
		tb.Fatal(err)
	}
	if _, err := db.Append(ctx, run.ID, []Entry{entry("a", 0, "answer of "+run.ID)}); err != nil {
		tb.Fatal(err)
	}
	if complete {
		if err := db.Finish(ctx, run.ID, run.Started, nil); err != nil {
			tb.Fatal(err)
		}
	}
	return run
}

var gcNow = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func gcStore(tb testing.TB) *DB {
	tb.Helper()
	db, err := Open(tb.Context(), filepath.Join(tb.TempDir(), "a.db"), Options{Now: func() time.Time { return gcNow }})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	return db
}

func sound(tb testing.TB, db *DB) {
	tb.Helper()
	h, err := db.Verify(tb.Context(), false)
	if err != nil || !h.Sound() {
		tb.Errorf("%+v %v", h, err)
	}
}

func TestCollectKeepsWhatItMust(t *testing.T) {
	db := gcStore(t)
	ctx := t.Context()
	pinned := datedRun(t, db, "bot", 300, true)
	pooled := datedRun(t, db, "bot", 250, true)
	compared := datedRun(t, db, "bot", 200, true)
	stopBase := datedRun(t, db, "bot", 150, true)
	old := datedRun(t, db, "bot", 120, true)
	abandoned := datedRun(t, db, "bot", 100, false)
	older := datedRun(t, db, "bot", 50, true)
	recent := datedRun(t, db, "bot", 20, true)
	other := datedRun(t, db, "other", 90, true) // the newest of its agent
	going := eval.Run{Suite: "s", Agent: "bot", Started: gcNow.Add(-48 * time.Hour), Cases: 1, Repeats: 1, Metrics: testMetrics,
		StopEarly: &eval.StopEarly{Baseline: stopBase.ID}}
	if err := db.NewRun(ctx, &going); err != nil {
		t.Fatal(err)
	}
	if err := db.Pin(ctx, "main", pinned.ID); err != nil {
		t.Fatal(err)
	}
	for _, c := range []Comparison{
		{Baseline: old.ID, Candidate: older.ID, Options: []byte("{}")},
		{Baseline: compared.ID, Candidate: recent.ID, Options: []byte(`{"earlier":["` + pooled.ID + `"]}`)},
	} {
		if err := db.SaveComparison(ctx, c); err != nil {
			t.Fatal(err)
		}
	}
	// Whatever else refers to an output goes with it.
	if _, err := db.db.Exec(`CREATE TABLE said (number INTEGER PRIMARY KEY, run, case_id, repeat, FOREIGN KEY (run, case_id, repeat) REFERENCES outputs ON DELETE CASCADE);
		INSERT INTO said (run, case_id, repeat) SELECT run, case_id, repeat FROM outputs`); err != nil {
		t.Fatal(err)
	}
	before := dump(t, db)
	for _, dry := range []bool{true, false} {
		done, err := db.Collect(ctx, Keep{Days: 10, Runs: 1}, dry)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, r := range done.Dropped {
			got = append(got, r.ID)
		}
		if want := []string{older.ID, abandoned.ID, old.ID}; !slices.Equal(got, want) {
			t.Errorf("dry %v: dropped %v, want %v", dry, got, want)
		}
		if done.Kept != 7 || done.Texts != 3 || done.Cases != 0 || done.Bytes == 0 {
			t.Errorf("dry %v: %+v", dry, done)
		}
		if dry && dump(t, db) != before {
			t.Error("a dry run changed something")
		}
	}
	var said int
	if err := db.db.QueryRow("SELECT count(*) FROM said").Scan(&said); err != nil || said != 6 {
		t.Errorf("%d rows refer to outputs of the 6 runs that have one (%v)", said, err)
	}
	if _, err := db.db.Exec("DROP TABLE said"); err != nil {
		t.Fatal(err)
	}
	sound(t, db)
	for _, kept := range []eval.Run{pinned, pooled, compared, stopBase, recent, other, going} {
		if _, err := db.Run(ctx, kept.ID); err != nil {
			t.Errorf("%s: %v", kept.ID, err)
		}
	}
	if _, err := db.Run(ctx, old.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("an old run is still there: %v", err)
	}
	// References are looked after again.
	if _, err := db.db.Exec("DELETE FROM runs WHERE id = ?", pinned.ID); err == nil {
		t.Error("a pinned run could be deleted: a connection looks after no references")
	}
	if _, err := db.Collect(ctx, Keep{}, false); err == nil {
		t.Error("a collection without a rule was done")
	}
	if before, after, err := db.Vacuum(ctx); err != nil || after > before {
		t.Errorf("%d -> %d bytes (%v)", before, after, err)
	}
	sound(t, db)
}

// TestCollectWhileStaged drops texts that a staged batch counts on: the batch is
// stored whole all the same, and no other text takes the place of one.
func TestCollectWhileStaged(t *testing.T) {
	db := gcStore(t)
	ctx := t.Context()
	old := datedRun(t, db, "bot", 100, true)
	run := newRun(t, db, "now", "1", 2, 1)
	batch := []Entry{entry("a", 0, "answer of "+old.ID), entry("b", 0, strings.Repeat("new ", 50))}
	commit, err := db.Stage(ctx, run.ID, batch)
	if err != nil {
		t.Fatal(err)
	}
	done, err := db.Collect(ctx, Keep{Days: 50}, false)
	if err != nil || len(done.Dropped) != 1 {
		t.Fatalf("%+v %v", done, err)
	}
	third := datedRun(t, db, "third", 0, true) // takes ids meanwhile
	if n, err := commit(ctx); err != nil || n != 2 {
		t.Fatalf("%d %v", n, err)
	}
	for _, e := range batch {
		_, got, err := db.Result(ctx, run.ID, e.Case.ID, 0)
		if err != nil || got.Output.Text != e.Result.Output.Text {
			t.Errorf("%+v %v", got, err)
		}
	}
	if _, got, err := db.Result(ctx, third.ID, "a", 0); err != nil || got.Output.Text != "answer of "+third.ID {
		t.Errorf("%+v %v", got, err)
	}
	sound(t, db)
}

func TestBackup(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	richRun(t, db, "bot", true)
	want := dump(t, db)
	path := filepath.Join(t.TempDir(), "b ?#%.db")
	for _, force := range []bool{false, true} {
		size, err := db.Backup(t.Context(), path, force)
		if err != nil || size == 0 {
			t.Fatal(size, err)
		}
		h, got, err := verified(t, path)
		if err != nil || !h.Sound() || got != want {
			t.Fatalf("%+v %v", h, err)
		}
	}
	for _, test := range []struct {
		path, part string
		force      bool
	}{
		{path, "there already", false}, {db.Path(), "the store itself", true}, {filepath.Dir(path), "not a file", true},
		{filepath.Join(path, "x", "y"), "", false}, {filepath.Join(t.TempDir(), "no", "b.db"), "does not exist", false},
	} {
		if _, err := db.Backup(t.Context(), test.path, test.force); err == nil || !strings.Contains(err.Error(), test.part) {
			t.Errorf("%s: %v", test.path, err)
		}
	}
	left, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(left) != 1 {
		t.Errorf("left behind: %v %v", left, err)
	}
	// A damaged store does not take the place of a good copy.
	if _, err := db.db.Exec("PRAGMA foreign_keys = off; DELETE FROM bodies"); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Backup(t.Context(), path, true); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a damaged store was backed up: %v", err)
	}
	if h, got, err := verified(t, path); err != nil || !h.Sound() || got != want {
		t.Errorf("the old copy is gone: %+v %v", h, err)
	}
}

func TestStats(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	ctx := t.Context()
	same := strings.Repeat("x", 40) // shorter than what is compressed
	var runs []eval.Run
	for i := range 3 {
		run := newRun(t, db, fmt.Sprint("bot", i), "1", 2, 1)
		a, b := entry("a", 0, same), entry("b", 0, fmt.Sprintf("%d%s", i, same))
		if _, err := db.Append(ctx, run.ID, []Entry{a, b}); err != nil {
			t.Fatal(err)
		}
		runs = append(runs, run)
	}
	st, err := db.Stats(ctx)
	if err != nil || len(st.Runs) != 3 || st.Outputs != 6 || st.Cases != 2 || st.Texts != 6 {
		t.Fatalf("%+v %v", st, err)
	}
	var alone int64
	for _, r := range st.Runs {
		if r.Alone != 41 || r.Texts != st.Shared+41 || r.Outputs != 2 || r.Rows == 0 {
			t.Errorf("%+v", r)
		}
		alone += r.Alone
	}
	if alone+st.Shared != st.Stored || st.Plain < st.Stored || st.File == 0 {
		t.Errorf("%d + %d of %d bytes; %+v", alone, st.Shared, st.Stored, st)
	}
	if need, err := db.Need(ctx, 1000); err != nil || need < 1000*needUnknown {
		t.Error(need, err)
	}
	if free, ok := db.FreeSpace(); ok && free <= 0 {
		t.Error(free)
	}
}

// doOver is a process that does one thing again and again until it is killed; it
// says so after each time.
func doOver(do, path string) error {
	ctx := context.Background()
	db, err := Open(ctx, path, Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	bundle, err := os.ReadFile(path + ".bundle")
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		switch do {
		case "backup":
			_, err = db.Backup(ctx, path+".copy", true)
		case "vacuum":
			_, _, err = db.Vacuum(ctx)
		default: // takes a run in and drops it
			if _, err = db.Import(ctx, bytes.NewReader(bundle), "x"); err == nil {
				_, err = db.Collect(ctx, Keep{Days: 1}, false)
			}
		}
		if err != nil {
			return err
		}
		fmt.Println(i)
	}
}

// TestKilledInTheMiddle kills a process that imports and collects, backs up or
// vacuums, at seeded moments: the store is sound, what was pinned is as it was,
// and a run is there whole or not at all.
func TestKilledInTheMiddle(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for _, do := range []string{"import", "backup", "vacuum"} {
		path := filepath.Join(t.TempDir(), "a.db")
		db := open(t, path)
		kept := richRun(t, db, "bot", true)
		if err := db.Pin(t.Context(), "main", kept.ID); err != nil {
			t.Fatal(err)
		}
		from := open(t, filepath.Join(t.TempDir(), "from.db"))
		came := richRun(t, from, "came", true)
		if _, err := from.db.Exec("UPDATE runs SET started = 0, checksum = NULL"); err != nil { // older than a day
			t.Fatal(err)
		}
		came, err := from.Run(t.Context(), came.ID)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path+".bundle", export(t, from, came), 0o600); err != nil {
			t.Fatal(err)
		}
		want := export(t, db, kept)
		times := 0
		for round := range 6 {
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), "STORE_TEST_DO="+do, "STORE_TEST_PATH="+path)
			var out bytes.Buffer
			cmd.Stdout, cmd.Stderr = &out, os.Stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Duration(100+rng.IntN(200)) * time.Millisecond)
			cmd.Process.Kill()
			cmd.Wait()
			times += bytes.Count(out.Bytes(), []byte("\n"))
			sound(t, db)
			if got, err := db.Run(t.Context(), "main"); err != nil || !bytes.Equal(export(t, db, got), want) {
				t.Errorf("%s, round %d: the pinned run is not as it was (%v)", do, round, err)
			}
			if got, err := db.Run(t.Context(), came.ID); err == nil {
				if n, err := db.outputs(t.Context(), got.ID); err != nil || n != 10 {
					t.Errorf("%s, round %d: %d outputs of a run came (%v)", do, round, n, err)
				}
			} else if !errors.Is(err, ErrNotFound) {
				t.Error(err)
			}
			if do == "backup" && times > 0 {
				if h, _, err := verified(t, path+".copy"); err != nil || !h.Sound() {
					t.Errorf("round %d: the copy: %+v %v", round, h, err)
				}
			}
		}
		if times == 0 {
			t.Errorf("%s: nothing was done before the process was killed: the test saw nothing", do)
		}
	}
}

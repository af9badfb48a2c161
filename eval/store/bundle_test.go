package store

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"holdtrue/eval"
)

// richRun stores a run of 5 cases and 2 repeats with everything in it that a
// store can hold.
func richRun(tb testing.TB, db *DB, agent string, complete bool) eval.Run {
	tb.Helper()
	ctx := tb.Context()
	run := newRun(tb, db, agent, "1", 5, 2)
	var batch []Entry
	for i := range 10 {
		e := entry(fmt.Sprintf("c%d", i/2), i%2, strings.Repeat(fmt.Sprintf("answer %d of %s <&> ", i, agent), 1+10*i))
		o := &e.Result.Output
		o.LatencyMS, o.Usage = new(100.25*float64(i)), &eval.Usage{InputTokens: new(int64(i)), CostUSD: new(0.1 * float64(i))}
		o.Steps = []eval.Step{{Tool: "t", Args: []byte(`{"a":"<1>"}`), Result: []byte(`[1]`)}}
		o.Documents = []eval.Document{{ID: "d", Version: "v7", Text: "x"}} // without its hash
		o.Started, o.ResponseID, o.Parameters = time.UnixMilli(int64(1000*i)+1).UTC(), fmt.Sprint("r", i), []byte(`{"temperature":0}`)
		switch i {
		case 3:
			o.Text, o.Err = "", "time-out: 1s"
			e.Result.Scores = []eval.Score{{Metric: "exact", Status: eval.Missing, Reason: "the call failed"}}
		case 5:
			o.Text = "not \xff valid \x00 text"
		}
		batch = append(batch, e)
	}
	if !complete {
		batch = batch[:7]
	}
	if _, err := db.Append(ctx, run.ID, batch); err != nil {
		tb.Fatal(err)
	}
	if err := db.SetNote(ctx, run.ID, "stderr", "what it said"); err != nil {
		tb.Fatal(err)
	}
	if complete {
		if err := db.Finish(ctx, run.ID, time.UnixMilli(1_800_000_000_123), map[string]string{"model": "m"}); err != nil {
			tb.Fatal(err)
		}
	}
	run, err := db.Run(ctx, run.ID)
	if err != nil {
		tb.Fatal(err)
	}
	return run
}

func export(tb testing.TB, db *DB, run eval.Run) []byte {
	tb.Helper()
	var b bytes.Buffer
	if _, err := db.Export(tb.Context(), run, &b); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// dump is everything that can be read of a store, row numbers left out.
func dump(tb testing.TB, db *DB) string {
	tb.Helper()
	text, err := tryDump(tb, db)
	if err != nil {
		tb.Fatal(err)
	}
	return text
}

func tryDump(tb testing.TB, db *DB) (string, error) {
	ctx := tb.Context()
	var b strings.Builder
	infos, err := db.Runs(ctx, Filter{})
	if err != nil {
		return "", err
	}
	for i := range infos {
		run := &infos[i].Run
		fmt.Fprintf(&b, "%d %d %v\n", infos[i].Outputs, infos[i].Failed, infos[i].Pins)
		add := func(line []byte) error { _, err := b.Write(line); return err }
		if err := db.eachLine(ctx, run, func(line []byte, _ bool) error { return add(line) }, add); err != nil {
			return "", err
		}
		for row, err := range db.Rows(ctx, run.ID) {
			if err != nil {
				return "", err
			}
			row.Text = 0
			fmt.Fprintf(&b, "%+v\n", row)
			if _, _, err := db.Result(ctx, run.ID, row.CaseID, row.Repeat); err != nil {
				return "", err
			}
		}
	}
	last, err := db.LatestComparison(ctx)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return "", err
	}
	fmt.Fprintf(&b, "%+v\n", last)
	return b.String(), nil
}

func TestBundleGivesTheRunBack(t *testing.T) {
	from, to := open(t, filepath.Join(t.TempDir(), "a.db")), open(t, filepath.Join(t.TempDir(), "b ?#.db"))
	other := richRun(t, to, "other", true) // shares its cases
	for _, complete := range []bool{true, false} {
		run := richRun(t, from, "bot", complete)
		bundle := export(t, from, run)
		for _, known := range []bool{false, true} {
			done, err := to.Import(t.Context(), bytes.NewReader(bundle), "x")
			if err != nil || done.Known != known || done.Run.ID != run.ID {
				t.Fatalf("%+v %v", done, err)
			}
		}
		got, err := to.Run(t.Context(), run.ID)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(run, got); d != "" {
			t.Error(d)
		}
		if again := export(t, to, got); !bytes.Equal(again, bundle) {
			t.Error("a second export gives other bytes")
		}
	}
	if _, err := to.Run(t.Context(), other.ID); err != nil {
		t.Error(err)
	}
	fresh := open(t, filepath.Join(t.TempDir(), "c.db"))
	infos, err := from.Runs(t.Context(), Filter{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range infos {
		if _, err := fresh.Import(t.Context(), bytes.NewReader(export(t, from, infos[len(infos)-1-i].Run)), "x"); err != nil {
			t.Fatal(err)
		}
	}
	if d := cmp.Diff(dump(t, from), dump(t, fresh)); d != "" {
		t.Error(d)
	}
}

func TestBundleKeepsStoppingEarly(t *testing.T) {
	from, to := open(t, filepath.Join(t.TempDir(), "a.db")), open(t, filepath.Join(t.TempDir(), "b.db"))
	ctx := t.Context()
	run := eval.Run{Suite: "s", Agent: "bot", Kind: "command", Started: time.UnixMilli(7).UTC(), Cases: 9, Repeats: 1, Seed: 1<<64 - 1, Metrics: testMetrics,
		StopEarly: &eval.StopEarly{Baseline: "x", Planned: 9}}
	if err := from.NewRun(ctx, &run); err != nil {
		t.Fatal(err)
	}
	if _, err := from.Append(ctx, run.ID, []Entry{entry("a", 0, "x")}); err != nil {
		t.Fatal(err)
	}
	if err := from.FinishEarly(ctx, run.ID, time.UnixMilli(9), nil, "holds"); err != nil {
		t.Fatal(err)
	}
	want, err := from.Run(ctx, run.ID)
	if err != nil || !want.Stopped() {
		t.Fatalf("%+v %v", want, err)
	}
	if _, err := to.Import(ctx, bytes.NewReader(export(t, from, want)), "x"); err != nil {
		t.Fatal(err)
	}
	got, err := to.Run(ctx, run.ID)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func unzstd(tb testing.TB, b []byte) string {
	tb.Helper()
	z, err := zstd.NewReader(bytes.NewReader(b))
	if err != nil {
		tb.Fatal(err)
	}
	defer z.Close()
	plain, err := io.ReadAll(z)
	if err != nil {
		tb.Fatal(err)
	}
	return string(plain)
}

func zstdOf(tb testing.TB, text string) []byte {
	tb.Helper()
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b)
	if err != nil {
		tb.Fatal(err)
	}
	if _, err := z.Write([]byte(text)); err != nil {
		tb.Fatal(err)
	}
	if err := z.Close(); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// refuses holds Import to refusing a bundle with a message, leaving nothing.
func refuses(t *testing.T, db *DB, what string, bundle io.Reader, part string) {
	t.Helper()
	before := dump(t, db)
	_, err := db.Import(t.Context(), bundle, "x.holdtrue")
	var in *eval.InputError
	if !errors.As(err, &in) || !strings.Contains(err.Error(), part) {
		t.Errorf("%s: %v, want %q", what, err, part)
	}
	if dump(t, db) != before {
		t.Errorf("%s: something was stored", what)
	}
}

func TestHostileBundles(t *testing.T) {
	from, to := open(t, filepath.Join(t.TempDir(), "a.db")), open(t, filepath.Join(t.TempDir(), "b.db"))
	run := richRun(t, from, "bot", true)
	bundle := export(t, from, run)
	plain := unzstd(t, bundle)
	lines := strings.SplitAfter(plain, "\n")
	lines = lines[:len(lines)-1]
	for name, test := range map[string]struct{ text, part string }{
		"other":     {"not a bundle", "not a bundle"},
		"gzip":      {"\x1f\x8b\x08\x00", "not a bundle"},
		"nothing":   {"", "not a bundle"},
		"cut magic": {"\x28\xb5", "not a bundle"},
	} {
		refuses(t, to, name, strings.NewReader(test.text), test.part)
	}
	replaced := func(old, new string) string {
		t.Helper()
		if !strings.Contains(plain, old) {
			t.Fatalf("%q is not in the bundle", old)
		}
		return strings.Replace(plain, old, new, 1)
	}
	for name, test := range map[string]struct{ text, part string }{
		"empty":         {"", "empty"},
		"no head":       {strings.Join(lines[1:], ""), "its first line does not say so"},
		"newer":         {replaced(`"bundle":1`, `"bundle":2,"new":1`), "format 2 and this program knows up to 1"},
		"unknown key":   {replaced(`"bundle":1`, `"bundle":1,"nots":1`), `unknown key "nots"; did you mean "notes"`},
		"key twice":     {replaced(`"bundle":1`, `"bundle":1,"bundle":1`), "stands twice"},
		"no end":        {strings.Join(lines[:len(lines)-1], ""), "cut short"},
		"after the end": {plain + "{}\n", "follows the end"},
		"changed":       {replaced("answer 4", "answer 9"), "checksum does not agree"},
		"line dropped":  {strings.Replace(plain, lines[2], "", 1), "checksum does not agree"},
		"case dropped":  {strings.Replace(plain, lines[4], "", 1), "does not follow its case"},
		"other case":    {replaced(`"prompt":"ask c1"`, `"prompt":"ask c2"`), "its hash names"},
		"bad id":        {replaced(`"id":"`+run.ID, `"id":"../x`), "no id of a run"},
		"bad status":    {replaced(`"status":"complete"`, `"status":"done"`), "unknown status"},
		"not finished":  {replaced(`"status":"complete"`, `"status":"running"`), "finished is"},
		"repeats":       {replaced(`"repeats":2`, `"repeats":0`), "cannot be"},
		"more repeats":  {replaced(`"repeats":2`, `"repeats":1`), "asks every case 1 times"},
		"fewer cases":   {replaced(`"cases":5`, `"cases":2`), "plans 2 cases"},
		"scale":         {replaced(`"scale":"binary"`, `"scale":"x"`), "unknown scale"},
		"score":         {replaced(`"metric":"exact","status":"scored","value":1`, `"metric":"exact","status":"scored","value":1.5`), "out of its range"},
		"score of what": {replaced(`"metric":"exact","status"`, `"metric":"exakt","status"`), "no metric of the run"},
		"score status":  {replaced(`"status":"missing"`, `"status":"msising"`), "has the status"},
		"number":        {replaced(`"value":1,`, `"value":1e999,`), ""},
		"null":          {lines[0] + "null\n", "expected a case, an output or the end"},
		"array":         {lines[0] + "[]\n", "expected"},
		"huge line":     {lines[0] + strings.Repeat(" ", 70<<20) + "\n", "bytes long; at most"},
	} {
		refuses(t, to, name, bytes.NewReader(zstdOf(t, test.text)), test.part)
	}
	bomb := zstdOf(t, lines[0]+strings.Repeat(strings.Repeat(" ", 1<<20)+"\n", 300))
	refuses(t, to, "bomb", bytes.NewReader(bomb), "times its size")
	for n := 0; n < len(bundle)-1; n += 7 {
		refuses(t, to, fmt.Sprintf("cut after %d of %d bytes", n, len(bundle)), bytes.NewReader(bundle[:n]), "")
	}
	if _, err := to.Import(t.Context(), bytes.NewReader(bundle), "x"); err != nil {
		t.Fatal(err)
	}
	// A flipped bit is noticed, or means nothing: a run that is known already is
	// compared with what was read.
	noticed := 0
	for at := 0; at < len(bundle); at += 3 {
		flipped := bytes.Clone(bundle)
		flipped[at] ^= 1 << (at / 3 % 8)
		done, err := to.Import(t.Context(), bytes.NewReader(flipped), "x")
		if err != nil {
			noticed++
		} else if !done.Known {
			t.Errorf("a flipped bit in byte %d gave another run", at)
		}
	}
	if all := (len(bundle) + 2) / 3; noticed < all*9/10 {
		t.Errorf("%d of %d flipped bits were noticed", noticed, all)
	}
	// Another run under an id that is taken.
	if err := from.SetNote(t.Context(), run.ID, "stderr", "other words"); err != nil {
		t.Fatal(err)
	}
	refuses(t, to, "the same id", bytes.NewReader(export(t, from, run)), "another run with the id "+run.ID)
}

// TestImportedAtOnce: several may take the same bundle in at the same time.
func TestImportedAtOnce(t *testing.T) {
	from, to := open(t, filepath.Join(t.TempDir(), "a.db")), open(t, filepath.Join(t.TempDir(), "b.db"))
	run := richRun(t, from, "bot", true)
	bundle := export(t, from, run)
	var took atomic.Int32
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			done, err := to.Import(t.Context(), bytes.NewReader(bundle), "x")
			if err != nil {
				t.Error(err)
			}
			if !done.Known {
				took.Add(1)
			}
		})
	}
	all.Wait()
	if n := took.Load(); n != 1 {
		t.Errorf("%d took it in, want 1", n)
	}
	sound(t, to)
}

// FuzzImport: whatever the lines of a bundle, what is taken in is given back by
// an export, and what is not leaves nothing.
func FuzzImport(f *testing.F) {
	from := open(f, filepath.Join(f.TempDir(), "a.db"))
	plain := unzstd(f, export(f, from, richRun(f, from, "bot", false)))
	f.Add([]byte(plain))
	lines := strings.SplitAfter(plain, "\n")
	f.Add([]byte(lines[0]))
	f.Add([]byte(lines[0] + lines[1] + lines[2]))
	f.Add([]byte(`{"bundle":1,"run":{"id":"a","suite":"s","suite_hash":"","agent":"a","kind":"k","started":"2026-01-01T00:00:00Z","status":"running","cases":0,"repeats":1,"seed":0,"metrics":null}}
{"end":{"cases":0,"outputs":0,"sha256":"b09c9dce5fd1c3cf4eb6ae8d7f3dfd0ae1c2b0b3b1a8dfdbdb3f1f2d1c8a3f00"}}
`))
	f.Fuzz(func(t *testing.T, text []byte) {
		// The checksum of what was made up is made right, or nothing gets far.
		if i := bytes.LastIndex(text, []byte(`{"end"`)); i > 0 {
			end := fmt.Sprintf(`{"end":{"cases":%d,"outputs":%d,"sha256":"%x"}}`+"\n", bytes.Count(text[:i], []byte(`{"case"`)), bytes.Count(text[:i], []byte(`{"output"`)), sha256.Sum256(text[:i]))
			text = append(bytes.Clone(text[:i]), end...)
		}
		db := open(t, filepath.Join(t.TempDir(), "a.db"))
		done, err := db.Import(t.Context(), bytes.NewReader(zstdOf(t, string(text))), "x")
		if err != nil {
			if infos, err := db.Runs(t.Context(), Filter{}); err != nil || len(infos) != 0 {
				t.Errorf("%d runs (%v)", len(infos), err)
			}
			return
		}
		run, err := db.Run(t.Context(), done.Run.ID)
		if err != nil {
			t.Fatal(err)
		}
		sound(t, db)
		again, err := open(t, filepath.Join(t.TempDir(), "b.db")).Import(t.Context(), bytes.NewReader(export(t, db, run)), "x")
		if err != nil || again.Outputs != done.Outputs {
			t.Errorf("%+v, then %+v %v", done, again, err)
		}
	})
}

// TestImportReadsFromWhatFails gives on the error of the file as it is.
func TestImportReadsFromWhatFails(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "a.db"))
	bundle := export(t, db, richRun(t, db, "bot", true))
	_, err := db.Import(t.Context(), io.MultiReader(bytes.NewReader(bundle[:len(bundle)/2]), failing{}), "x")
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Error(err)
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

package store

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// soundStore makes a closed store with three runs, a pinned name and a
// comparison, and gives its bytes and its dump.
func soundStore(tb testing.TB) (file []byte, content string) {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "sound.db")
	db := open(tb, path)
	a, b := richRun(tb, db, "bot", true), richRun(tb, db, "cand", true)
	richRun(tb, db, "slow", false)
	if err := db.Pin(tb.Context(), "main", a.ID); err != nil {
		tb.Fatal(err)
	}
	if err := db.SaveComparison(tb.Context(), Comparison{Baseline: a.ID, Candidate: b.ID, Created: time.UnixMilli(1), Options: []byte(`{"alpha":0.05}`), Verdict: "holds"}); err != nil {
		tb.Fatal(err)
	}
	content = dump(tb, db)
	if err := db.Close(); err != nil {
		tb.Fatal(err)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	return file, content
}

// verified is what Verify says of a file, without its write-ahead log.
func verified(tb testing.TB, path string) (h Health, content string, err error) {
	tb.Helper()
	db, err := Open(tb.Context(), path, Options{MustExist: true})
	if err != nil {
		return h, "", err
	}
	defer db.Close()
	if h, err = db.Verify(tb.Context(), false); err != nil || !h.Sound() {
		return h, "", err
	}
	content, err = tryDump(tb, db)
	return h, content, err
}

func TestVerifySoundStore(t *testing.T) {
	file, content := soundStore(t)
	path := filepath.Join(t.TempDir(), "a.db")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	h, got, err := verified(t, path)
	if err != nil || !h.Sound() || got != content {
		t.Fatalf("%+v %v", h, err)
	}
	if h.Runs != 3 || h.Outputs != 27 || h.Texts == 0 || h.Unsealed != 0 {
		t.Errorf("%+v", h)
	}
}

// TestVerifyOldStore: what was migrated has no checksums and is sound.
func TestVerifyOldStore(t *testing.T) {
	path := filepath.Join(t.TempDir(), "old.db")
	firstSchema(t, path)
	h, _, err := verified(t, path)
	if err != nil || !h.Sound() || h.Unsealed != 6 {
		t.Errorf("%+v %v", h, err)
	}
}

// TestFlippedBytes flips a byte of every page in turn, at places that hold its
// structure and at others: Verify says so, or everything reads back as it was.
func TestFlippedBytes(t *testing.T) {
	file, content := soundStore(t)
	const page = 4096
	if len(file)%page != 0 || len(file) < 10*page {
		t.Fatalf("the file has %d bytes", len(file))
	}
	rng := rand.New(rand.NewPCG(5, 5))
	path := filepath.Join(t.TempDir(), "a.db")
	reported, right := 0, 0
	for start := 0; start < len(file); start += page {
		used := slices.IndexFunc(file[start+100:start+page], func(b byte) bool { return b != 0 }) + 100
		for i := range flipsPerPage {
			var at int
			switch {
			case i < 3:
				at = rng.IntN(12) // the header of a page
			case i < 6 && start == 0:
				at = rng.IntN(100) // the header of the file
			default: // content, which stands at the end of a page
				for at = used + rng.IntN(page-used); file[start+at] == 0 && rng.IntN(8) > 0; {
					at = used + rng.IntN(page-used)
				}
			}
			at += start
			flipped := bytes.Clone(file)
			flipped[at] ^= byte(1 << rng.IntN(8))
			if rng.IntN(4) == 0 {
				flipped[at] = ^file[at]
			}
			if err := os.WriteFile(path, flipped, 0o600); err != nil {
				t.Fatal(err)
			}
			h, got, err := verified(t, path)
			switch {
			case !h.Sound() || err != nil && h.Runs == 0: // reported, or not opened
				reported++
			case err != nil:
				t.Errorf("byte %d of page %d: verify found nothing, and reading fails: %v", at%page, at/page, err)
			case got != content:
				t.Errorf("byte %d of page %d, %02x -> %02x: verify found nothing, and other content is read", at%page, at/page, file[at], flipped[at])
			default:
				right++
			}
			for _, log := range []string{"-wal", "-shm", "-journal"} {
				os.Remove(path + log)
			}
		}
	}
	t.Logf("%d pages: %d flips reported, %d without effect", len(file)/page, reported, right)
	if reported < right || right == 0 {
		t.Errorf("%d flips were reported and %d had no effect: were the places well chosen?", reported, right)
	}
}

const flipsPerPage = 16

// TestVerifyNamesTheRuns finds what was changed behind SQLite's back, each where
// it was changed.
func TestVerifyNamesTheRuns(t *testing.T) {
	for statement, part := range map[string]string{
		"UPDATE outputs SET latency_ms = 100.5 WHERE run = 1 AND latency_ms = 100.25":             "the answer to c0: its checksum does not agree",
		"UPDATE outputs SET scores = replace(scores, '1', '0') WHERE run = 1 AND repeat = 1":      "the answer to c2: its checksum does not agree",
		"UPDATE outputs SET scores = '{' WHERE run = 1 AND repeat = 1":                            "stored scores are damaged",
		"UPDATE outputs SET text = (SELECT min(id) FROM bodies) WHERE run = 1":                    "the answer to c4: its checksum does not agree",
		"UPDATE runs SET agent = 'bat' WHERE number = 1":                                          "its checksum does not agree",
		"UPDATE runs SET lineage = 'x' WHERE number = 1":                                          "cannot be read",
		"UPDATE metrics SET gate = 0 WHERE run = 1":                                               "metric exact: its checksum does not agree",
		"UPDATE notes SET text = 'other' WHERE run = 1":                                           "note stderr: its checksum does not agree",
		"UPDATE pins SET pinned = 7":                                                              "pinned name main: its checksum does not agree",
		"UPDATE comparisons SET exit_code = 1":                                                    "a comparison: its checksum does not agree",
		"DELETE FROM outputs WHERE run = 1 AND repeat = 1":                                        "is complete and has 5 of 10 outputs",
		"DELETE FROM metrics WHERE run = 1 AND ordinal = 0":                                       "a metric is missing",
		"UPDATE cases SET tags = '{}'":                                                            "case c0 is not the one that its text says",
		"UPDATE bodies SET data = x'00', codec = 'plain' WHERE id IN (SELECT text FROM outputs)":  "is not the one that its hash names",
		"PRAGMA foreign_keys = off; DELETE FROM bodies WHERE id IN (SELECT text FROM outputs)":    "refer to what is not in bodies",
		"CREATE TABLE mine (a)":                                                                   "table mine does not belong here",
		"DROP VIEW scores":                                                                        "view scores is not what this version makes it",
		"UPDATE bodies SET size = 1 + size WHERE id IN (SELECT text FROM outputs WHERE run = 1);": "is not the one that its hash names",
	} {
		path := filepath.Join(t.TempDir(), "a.db")
		db := open(t, path)
		run := richRun(t, db, "bot", true)
		other := richRun(t, db, "other", true)
		if err := db.Pin(t.Context(), "main", run.ID); err != nil {
			t.Fatal(err)
		}
		if err := db.SaveComparison(t.Context(), Comparison{Baseline: run.ID, Candidate: run.ID, Options: []byte("{}")}); err != nil {
			t.Fatal(err)
		}
		if _, err := db.db.Exec(statement); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
		h, err := db.Verify(t.Context(), false)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.ContainsFunc(h.Damage, func(d Damage) bool { return strings.Contains(d.What, part) }) {
			t.Errorf("%s: %+v, want %q", statement, h.Damage, part)
		}
		named := fmt.Sprint(h.Damage)
		if strings.Contains(statement, "run = 1") && !strings.Contains(statement, "bodies") && (!strings.Contains(named, run.ID) || strings.Contains(named, other.ID)) {
			t.Errorf("%s: names the wrong run: %s", statement, named)
		}
		db.Close()
	}
}

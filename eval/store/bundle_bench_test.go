package store

import (
	"bytes"
	"path/filepath"
	"testing"
	"time"

	"holdtrue/eval"
)

// BenchmarkKeeping exports, imports, verifies, measures, collects and backs up a
// store of two nights of 20,000 outputs of 1 KB with six scores each, of which
// 90 % are the same.
func BenchmarkKeeping(b *testing.B) {
	const n = 20_000
	path := filepath.Join(b.TempDir(), "a.db")
	storeNight(b, path, night(n, 1, 0), true)
	storeNight(b, path, night(n, 2, 0.1), true)
	db := open(b, path)
	ctx := b.Context()
	infos, err := db.Runs(ctx, Filter{})
	if err != nil {
		b.Fatal(err)
	}
	bundle := export(b, db, infos[0].Run)
	b.Run("export", func(b *testing.B) {
		for b.Loop() {
			export(b, db, infos[0].Run)
		}
		b.ReportMetric(float64(len(bundle))/1e6, "MB")
	})
	b.Run("import", func(b *testing.B) {
		for b.Loop() {
			fresh := open(b, filepath.Join(b.TempDir(), "b.db"))
			if _, err := fresh.Import(ctx, bytes.NewReader(bundle), "x"); err != nil {
				b.Fatal(err)
			}
			fresh.Close()
		}
	})
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			if h, err := db.Verify(ctx, false); err != nil || !h.Sound() {
				b.Fatal(h, err)
			}
		}
	})
	b.Run("stats", func(b *testing.B) {
		for b.Loop() {
			if _, err := db.Stats(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("backup", func(b *testing.B) {
		for b.Loop() {
			if _, err := db.Backup(ctx, path+".copy", true); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("gc", func(b *testing.B) {
		newest := eval.Run{Suite: "s", Agent: "a", Started: time.Now(), Repeats: 1} // which stays
		if err := db.NewRun(ctx, &newest); err != nil {
			b.Fatal(err)
		}
		for _, id := range []string{newest.ID, infos[0].Run.ID, infos[1].Run.ID} {
			if err := db.Finish(ctx, id, time.Now(), nil); err != nil {
				b.Fatal(err)
			}
		}
		for b.Loop() {
			if done, err := db.Collect(ctx, Keep{Runs: 1}, true); err != nil || len(done.Dropped) != 2 {
				b.Fatal(done, err)
			}
		}
	})
}

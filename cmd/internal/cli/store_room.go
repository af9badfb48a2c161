package cli

import (
	"context"
	"fmt"

	"github.com/dustin/go-humanize"
	"github.com/spf13/cobra"

	"holdtrue/datasets"
	"holdtrue/eval"
	"holdtrue/eval/replay"
	"holdtrue/eval/store"
	"holdtrue/reports"
)

func (a *app) storeGCCommand() *cobra.Command {
	var keep store.Keep
	var dry, asJSON bool
	c := &cobra.Command{
		Use:   "gc",
		Short: "Drop old runs, and the texts that only they used",
		Long: `Gc drops the runs that neither --keep-days nor --keep-runs keeps: a run that one
of them keeps stays. Never dropped are pinned runs, the runs of the last
comparison with those that were pooled, and unfinished runs of the last 7 days.
The file keeps its size, and later runs use the room; "store vacuum" makes it
smaller.`,
		Example: `  holdtrue store gc --keep-days 90 --dry-run
  holdtrue store gc --keep-days 30 --keep-runs 20`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			ctx := cmd.Context()
			set := cmd.Flags().Changed
			switch {
			case !set("keep-days") && !set("keep-runs"):
				return usage(a.prog+" store gc --keep-days 90 --dry-run", "say what to keep: --keep-days, --keep-runs or both")
			case set("keep-days") && keep.Days < 1:
				return usage("", "--keep-days is %d; it counts days, from 1", keep.Days)
			case set("keep-runs") && keep.Runs < 1:
				return usage("", "--keep-runs is %d; it counts runs of each agent, from 1", keep.Runs)
			}
			db, _, err := a.readStore(ctx)
			if err != nil {
				return err
			}
			defer closing(&err, db)
			done, err := db.Collect(ctx, keep, dry)
			if err != nil {
				return err
			}
			model := reports.StoreCollected{Store: db.Path(), DryRun: dry, Kept: done.Kept, Cases: done.Cases, Texts: done.Texts, Bytes: done.Bytes}
			for _, r := range done.Dropped {
				model.Dropped = append(model.Dropped, reports.RunLine{ID: r.ID, Agent: r.Agent, Version: r.Version, Suite: r.Suite,
					Status: string(r.Status), Started: r.Started, Planned: r.Planned()})
			}
			return reports.Collected(a.out, model, a.tableOptions(asJSON))
		},
	}
	c.Flags().IntVar(&keep.Days, "keep-days", 0, "keep what started in the last `N` days")
	c.Flags().IntVar(&keep.Runs, "keep-runs", 0, "keep the newest `N` complete runs of every suite and agent")
	c.Flags().BoolVar(&dry, "dry-run", false, "say what would go, and change nothing")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (a *app) storeVacuumCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "vacuum",
		Short: "Give unused room of the run database back to the disk",
		Long: `Vacuum writes the run database anew without unused room. It needs as much room
again meanwhile, and those who write wait.`,
		Example: `  holdtrue store vacuum`,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			ctx := cmd.Context()
			db, _, err := a.readStore(ctx)
			if err != nil {
				return err
			}
			defer closing(&err, db)
			before, after, err := db.Vacuum(ctx)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.out, "%s: %s, before it was %s\n", printable(db.Path()), sizeText(after), sizeText(before))
			return err
		},
	}
}

func (a *app) storeStatsCommand() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "stats",
		Short: "Say what takes up the room, run by run",
		Long: `Stats lists for every run what its texts take (cases, answers and decision logs,
compressed), what part of that no other run uses and would go with it, and what
its rows take, about. Texts that several runs share are stored once.`,
		Example: `  holdtrue store stats
  holdtrue store stats --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			ctx := cmd.Context()
			db, suite, err := a.readStore(ctx)
			if err != nil {
				return err
			}
			defer closing(&err, db)
			most, err := a.storeMax(suite)
			if err != nil {
				return err
			}
			s, err := db.Stats(ctx)
			if err != nil {
				return err
			}
			model := reports.StoreSize{Store: db.Path(), File: s.File, Log: s.Log, Free: s.Free, Max: most, Outputs: s.Outputs, Cases: s.Cases,
				Texts: s.Texts, Stored: s.Stored, Shared: s.Shared, Plain: s.Plain}
			for _, r := range s.Runs {
				model.Runs = append(model.Runs, reports.RunSized{ID: r.Run.ID, Agent: r.Run.Agent, Version: r.Run.Version, Started: r.Run.Started,
					Pins: r.Pins, Outputs: r.Outputs, Texts: r.Texts, Alone: r.Alone, Rows: r.Rows})
			}
			return reports.Size(a.out, model, a.tableOptions(asJSON))
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

// storeMaxName is the environment's word on the size of the run database, before
// the suite's "store: {max_size: ...}".
const storeMaxName = "HOLDTRUE_STORE_MAX"

// storeMax is the size in bytes that the run database should not pass, 0 where
// nobody says.
func (a *app) storeMax(suite *eval.Suite) (int64, error) {
	if v, ok := a.getenv(storeMaxName); ok && v != "" {
		n, err := datasets.ParseSize(v)
		if err != nil {
			return 0, usage("", "%s: %v", storeMaxName, err)
		}
		return n, nil
	}
	if suite == nil {
		return 0, nil
	}
	return suite.StoreMax, nil
}

// warnOfRoom says before a run that the run database comes near its bound, or
// the disk near its end. It stops nothing.
func (a *app) warnOfRoom(ctx context.Context, suite *eval.Suite, db *store.DB, targets []replay.Target) error {
	most, err := a.storeMax(suite)
	if err != nil {
		return err
	}
	outputs := 0
	for _, t := range targets {
		outputs += t.Run.Planned()
	}
	size, err := db.Size()
	if err != nil {
		return err
	}
	need, err := db.Need(ctx, outputs)
	if err != nil {
		return err
	}
	tight := false
	if most > 0 && float64(size) > 0.8*float64(most) {
		a.note("the store %s takes %s of the %s that it may", db.Path(), sizeText(size), sizeText(most))
		tight = true
	}
	if free, known := db.FreeSpace(); known && free < need {
		a.note("the disk of %s has %s left, and this run is likely to need %s", db.Path(), sizeText(free), sizeText(need))
		tight = true
	}
	if tight {
		a.hint(a.prog + " store gc --keep-days 90 --dry-run says what could go; then " + a.prog + " store vacuum")
	}
	return nil
}

func sizeText(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }

package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"holdtrue/eval"
	"holdtrue/eval/store"
	"holdtrue/reports"
)

func (a *app) storeCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "store",
		Short: "Look after the run database: export, import, verify, back up, make room",
		Example: `  holdtrue store verify
  holdtrue store export main -o main.holdtrue
  holdtrue store gc --keep-days 90 --dry-run`,
	}
	c.AddCommand(a.storeExportCommand(), a.storeImportCommand(), a.storeVerifyCommand(), a.storeBackupCommand(),
		a.storeGCCommand(), a.storeVacuumCommand(), a.storeStatsCommand())
	return c
}

func (a *app) storeExportCommand() *cobra.Command {
	var output string
	c := &cobra.Command{
		Use:   "export RUN -o FILE",
		Short: "Write one run as one portable file",
		Long: `Export writes a run whole: its cases, answers with their decision logs, scores
with their reasons, metrics, lineage and notes, with checksums. "store import"
takes it in on another machine, where compare, show and report work as here.
The file is zstd around JSON, one object a line. Pinned names, comparisons and
the earlier runs that a comparison pools are not in it: export those runs too.`,
		Example: `  holdtrue store export latest -o night.holdtrue
  holdtrue store export main -o - | ssh laptop holdtrue store import -`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: a.completeRuns,
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			ctx := cmd.Context()
			if output == "" {
				return usage(a.prog+" store export "+shellWord(args[0])+" -o run.holdtrue", "-o names the file; it is missing")
			}
			db, _, err := a.readStore(ctx)
			if err != nil {
				return err
			}
			defer closing(&err, db)
			run, err := db.Run(ctx, args[0])
			if err != nil {
				return err
			}
			if output == "-" {
				if f, ok := a.out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
					return usage("name a file, or pipe it", "a bundle is not for a terminal")
				}
				_, err := db.Export(ctx, run, a.out)
				return err
			}
			done, err := exportTo(ctx, db, run, output)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.out, "wrote run %s of %s to %s: %d cases, %d outputs\n", run.ID, printable(run.Name()), printable(output), done.Cases, done.Outputs)
			return err
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "", "the `FILE` to write; - is standard output")
	return c
}

// exportTo writes a bundle; the file is there whole or not at all.
func exportTo(ctx context.Context, db *store.DB, run eval.Run, path string) (done store.Bundled, err error) {
	f, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o644))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return done, &eval.InputError{Pos: eval.Pos{File: path}, Msg: "its folder does not exist"}
		}
		return done, err
	}
	defer f.Cleanup()
	if done, err = db.Export(ctx, run, f); err != nil {
		return done, err
	}
	return done, f.CloseAtomicallyReplace()
}

func (a *app) storeImportCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "import FILE",
		Short: "Take in a run that was exported",
		Long: `Import takes in what "store export" wrote, under the id that the run has there.
The file is read and checked whole first; then all of the run is stored, or
nothing. A run that is stored already is left as it is; another one with the
same id is refused. The run counts as the newest (latest), being stored last.`,
		Example: `  holdtrue store import night.holdtrue
  holdtrue store import night.holdtrue --store laptop.db`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			ctx := cmd.Context()
			suite, err := a.suiteIfAny()
			if err != nil {
				return err
			}
			var in io.Reader = a.in
			if args[0] != "-" {
				f, err := os.Open(args[0])
				if err != nil {
					return err
				}
				defer f.Close()
				in = f
			}
			db, err := a.openStore(ctx, suite)
			if err != nil {
				return err
			}
			defer closing(&err, db)
			done, err := db.Import(ctx, in, args[0])
			if err != nil {
				return err
			}
			if done.Known {
				_, err = fmt.Fprintf(a.out, "run %s of %s is stored already\n", done.Run.ID, printable(done.Run.Name()))
				return err
			}
			_, err = fmt.Fprintf(a.out, "took in run %s of %s: %d cases, %d outputs\n", done.Run.ID, printable(done.Run.Name()), done.Cases, done.Outputs)
			return err
		},
	}
}

func (a *app) storeVerifyCommand() *cobra.Command {
	var quick, asJSON bool
	c := &cobra.Command{
		Use:   "verify",
		Short: "Say whether everything that is stored is as it was written",
		Long: `Verify holds the run database to its structure, its references, the hash of every
text, the checksum of every row and the plan of every run. It ends with 5 if
anything is damaged, and names what and the runs concerned. A copy made by
"store backup" then gives back what was.`,
		Example: `  holdtrue store verify
  holdtrue store verify --quick --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			ctx := cmd.Context()
			db, _, err := a.readStore(ctx)
			if err != nil {
				return err
			}
			defer closing(&err, db)
			h, err := db.Verify(ctx, quick)
			if err != nil {
				return err
			}
			model := reports.StoreHealth{Store: db.Path(), Sound: h.Sound(), Quick: quick, Runs: h.Runs, Outputs: h.Outputs, Texts: h.Texts,
				Unsealed: h.Unsealed, More: h.More}
			for _, d := range h.Damage {
				model.Damage = append(model.Damage, reports.StoreDamage(d))
			}
			if err := reports.Health(a.out, model, a.tableOptions(asJSON)); err != nil || h.Sound() {
				return err
			}
			return verdict(exitFailed)
		},
	}
	c.Flags().BoolVar(&quick, "quick", false, "structure, references and counts only: not every text and row")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}

func (a *app) storeBackupCommand() *cobra.Command {
	var force bool
	c := &cobra.Command{
		Use:   "backup FILE",
		Short: "Copy the run database while others use it",
		Long: `Backup writes the run database as it is at one moment, without unused room, while
runs may go on. The copy is looked through and on the disk before it gets its
name; a damaged database does not take the place of a good copy.`,
		Example: `  holdtrue store backup /backups/holdtrue.db --force`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			ctx := cmd.Context()
			db, _, err := a.readStore(ctx)
			if err != nil {
				return err
			}
			defer closing(&err, db)
			size, err := db.Backup(ctx, args[0], force)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(a.out, "wrote %s to %s\n", sizeText(size), printable(args[0]))
			return err
		},
	}
	c.Flags().BoolVar(&force, "force", false, "replace the file if it is there")
	return c
}

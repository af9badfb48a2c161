// Errortable simulates the whole procedure of a comparison where the truth is
// known and tabulates how often it says which word:
//
//	go run ./eval/drift/errortable [-small] [-seed N] [-reps N] [-o FILE] [-json]
//
// It fails, with exit code 1 and a list, where a cell has more false alarms or
// false "holds" than the procedure states, or a scenario less power than was
// measured when the procedure was chosen. See checkRates and comparePowers for
// what simulation error is tolerated.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"time"
)

func main() {
	debug.SetGCPercent(400) // much is allocated, little is kept
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	switch err := run(ctx, os.Stdout, os.Stderr, os.Args[1:]); {
	case errors.Is(err, flag.ErrHelp):
	case errors.Is(err, errViolated):
		fmt.Fprintln(os.Stderr, "errortable:", err)
		os.Exit(1)
	case err != nil:
		fmt.Fprintln(os.Stderr, "errortable:", err)
		os.Exit(5)
	}
}

var errViolated = errors.New("requirements are violated")

type options struct {
	seed  uint64
	reps  int
	small bool
	// powers leaves out the cells that are not in the power list.
	powers bool
	out    string
	json   bool
}

func run(ctx context.Context, stdout, stderr io.Writer, args []string) error {
	var o options
	flags := flag.NewFlagSet("errortable", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Uint64Var(&o.seed, "seed", 1, "`seed` of all random streams")
	flags.IntVar(&o.reps, "reps", 0, "`comparisons` a cell; 0 takes 400, with -small 150. Cells of 1,000 cases take half, most scenarios of the power list twice as many")
	flags.BoolVar(&o.small, "small", false, "the small table, for every commit")
	flags.BoolVar(&o.powers, "powers", false, "the scenarios of the power list only")
	flags.StringVar(&o.out, "o", "", "`file` to write, instead of stdout")
	flags.BoolVar(&o.json, "json", false, "counts as JSON instead of a markdown table")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 || o.reps < 0 {
		return fmt.Errorf("unexpected arguments %q", flags.Args())
	}
	if o.reps == 0 {
		o.reps = 400
		if o.small {
			o.reps = 150
		}
	}
	progress := func(done, all int) { fmt.Fprintf(stderr, "errortable: %d of %d parts done\n", done, all) }
	t, err := makeTable(ctx, sizeOf(o.small), o, progress)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if o.json {
		err = t.json(&b)
	} else {
		t.markdown(&b, time.Now())
	}
	if err != nil {
		return err
	}
	if o.out == "" {
		_, err = stdout.Write(b.Bytes())
	} else {
		err = os.WriteFile(o.out, b.Bytes(), 0o644)
	}
	if err != nil {
		return err
	}
	if len(t.Violations) > 0 {
		for _, v := range t.Violations {
			fmt.Fprintln(stderr, v)
		}
		return fmt.Errorf("%w: %d", errViolated, len(t.Violations))
	}
	return nil
}

// table is the finished model of all cells.
type table struct {
	options    options
	Grid       []*job
	Powers     []comparedPower
	Violations []violation
}

func makeTable(ctx context.Context, z size, o options, progress func(done, all int)) (*table, error) {
	t := &table{options: o}
	var jobs []*job
	byName := map[string]*job{}
	add := func(s scenario, reps int) *job {
		j := byName[s.String()]
		if j == nil {
			j = &job{scenario: s}
			byName[s.String()] = j
			jobs = append(jobs, j)
		}
		j.reps = max(j.reps, reps)
		return j
	}
	grid := z.grid()
	if o.powers {
		grid = nil
	}
	for _, s := range grid {
		reps := o.reps
		if s.cases >= 1000 {
			reps = (reps + 1) / 2
		}
		j := add(s, reps)
		j.peers = s.family == nil
		t.Grid = append(t.Grid, j)
	}
	powers := measuredPowers()
	for _, m := range powers {
		if outputs := m.cases * (m.before + m.after); outputs <= z.largest {
			add(m.scenario, min(2*o.reps, max(o.reps/4, 3_000_000/outputs)))
		}
	}
	if err := simulate(ctx, jobs, o.seed, progress); err != nil {
		return nil, err
	}
	var low []violation
	var err error
	if t.Powers, low, err = checkPowers(ctx, byName, powers, o.seed, progress); err != nil {
		return nil, err
	}
	t.Violations = append(checkRates(t.Grid), low...)
	return t, nil
}

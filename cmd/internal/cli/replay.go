package cli

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"

	"holdtrue/datasets"
	"holdtrue/eval"
	"holdtrue/eval/agent"
	"holdtrue/eval/replay"
	"holdtrue/eval/store"
	"holdtrue/scorers"
)

// namedAgents finds agents of the suite; an unknown one is wrong usage.
func namedAgents(suite *eval.Suite, names []string) ([]eval.AgentSpec, error) {
	known := make([]string, len(suite.Agents))
	for i, spec := range suite.Agents {
		known[i] = spec.Name
	}
	var specs []eval.AgentSpec
	for _, name := range names {
		spec, ok := suite.Agent(name)
		if !ok {
			return nil, usage("agents are named under \"agents:\" in "+suite.File, "no agent is named %q%s", name, suggest(name, known))
		}
		specs = append(specs, spec)
	}
	return specs, nil
}

// replay asks the agents every selected case, interleaved, and stores the runs.
// It returns them in the order of the agents, complete but where f says that the
// budget stopped them.
func (a *app) replay(ctx context.Context, suite *eval.Suite, db *store.DB, specs []eval.AgentSpec, f *replayFlags) (runs []eval.Run, err error) {
	panel, err := eval.NewPanel(suite.Metrics, suite.Dir, scorers.Bind)
	if err != nil {
		return nil, err
	}
	defer closing(&err, panel)
	if len(suite.Redact) > 0 {
		if panel.Mask, err = scorers.Redactor(suite.Redact); err != nil {
			return nil, &eval.InputError{Pos: suite.RedactPos, Msg: err.Error(), Hint: "write redact: true, or a list of kinds"}
		}
	}
	concurrency := f.concurrency
	if concurrency == 0 {
		concurrency = runtime.GOMAXPROCS(0)
	}
	a.tuneMemory(0)
	// The golden set is checked while recordings are indexed.
	var scan datasets.Summary
	scanned := make(chan error, 1)
	go func() {
		var err error
		scan, err = datasets.Scan(suite, f.selection(), panel.Admit)
		scanned <- err
	}()
	agents, openErr := openAgents(ctx, suite, specs, agent.Options{Dir: suite.Dir, Concurrency: concurrency, Timeout: f.timeout, Getenv: a.getenv, Runs: cassettes{db}})
	for _, ag := range agents {
		defer closing(&err, ag)
	}
	if err := errors.Join(<-scanned, openErr); err != nil {
		return nil, err
	}
	if err := checkRecordings(specs, agents, f.repeat); err != nil {
		return nil, err
	}
	a.onlyLive(agents, f)
	a.tuneMemory(scan.Cases)
	if len(panel.Metrics()) == 0 {
		return nil, &eval.InputError{Pos: eval.Pos{File: suite.File}, Msg: "the suite has no metric, and none of its cases has one",
			Hint: "holdtrue scorers"}
	}
	if !suite.WithoutMeasures {
		if err := panel.AddStandard(scorers.Measures()); err != nil {
			return nil, err
		}
	}
	var targets []replay.Target
	var plans []*planned
	for i, ag := range agents {
		run := a.plannedRun(suite, scan, panel, specs[i], ag.Info(), f)
		f.planToStop(run)
		settings, err := settingsOf(suite, specs[i], f)
		if err != nil {
			return nil, err
		}
		plans = append(plans, &planned{run: run, settings: settings})
		targets = append(targets, replay.Target{Agent: ag, Run: run, Panel: panel})
	}
	if err := a.warnOfRoom(ctx, suite, db, targets); err != nil {
		return nil, err
	}
	defer func() {
		for _, p := range plans {
			p.release()
		}
	}()
	if err := a.startRuns(ctx, db, plans, f.resume); err != nil {
		return nil, err
	}
	return a.drive(ctx, db, suite, targets, f, concurrency)
}

// Memory settings of a replay: fewer collections than Go's default, since little
// lives long, under a limit that keeps the whole process small. What a case
// takes (its id and hash, and where its recorded answers are) comes on top.
const (
	replayGCPercent     = 300
	replayMemoryLimit   = 64 << 20
	replayMemoryPerCase = 200
)

// tuneMemory trades memory for time, unless the environment says otherwise.
func (a *app) tuneMemory(cases int) {
	if _, set := a.getenv("GOGC"); !set {
		debug.SetGCPercent(replayGCPercent)
	}
	if _, set := a.getenv("GOMEMLIMIT"); !set {
		debug.SetMemoryLimit(replayMemoryLimit + replayMemoryPerCase*int64(cases))
	}
}

// openAgents opens every agent or, with an error, those before the one that
// cannot be opened.
func openAgents(ctx context.Context, suite *eval.Suite, specs []eval.AgentSpec, opt agent.Options) ([]agent.Agent, error) {
	var agents []agent.Agent
	for _, spec := range specs {
		ag, err := agent.Open(ctx, spec, opt)
		if err != nil {
			return agents, err
		}
		agents = append(agents, ag)
	}
	return agents, nil
}

// programKey is where the lineage of a run has the version of this program.
const programKey = "holdtrue"

// plannedRun describes a run before it starts.
func (a *app) plannedRun(suite *eval.Suite, scan datasets.Summary, panel *eval.Panel, spec eval.AgentSpec, info agent.Info, f *replayFlags) *eval.Run {
	version := spec.Version
	if version == "" {
		version = info.Version
	}
	repeats := f.repeat
	if repeats == 0 {
		repeats = max(1, info.Repeats)
	}
	lineage := map[string]string{programKey: programVersion()}
	if spec.Kind != "recording" && spec.Kind != "run" {
		gitState(suite.Dir, lineage)
	}
	for k, v := range info.Lineage {
		lineage[k] = v
	}
	for k, v := range spec.Lineage {
		lineage[k] = v
	}
	return &eval.Run{
		Suite: suite.Name, SuiteHash: scan.Hash, Agent: spec.Name, Version: version, Kind: spec.Kind,
		Started: a.now().UTC(), Status: eval.Running, Cases: scan.Cases, Repeats: repeats,
		Selection: f.describe(), Metrics: panel.Metrics(), Lineage: lineage,
	}
}

// drive runs the pipeline and reads the runs back.
func (a *app) drive(ctx context.Context, db *store.DB, suite *eval.Suite, targets []replay.Target, f *replayFlags, concurrency int) ([]eval.Run, error) {
	before, err := costBefore(ctx, db, targets)
	if err != nil {
		return nil, err
	}
	progress := a.newProgress(targets)
	plan := replay.Plan{
		Cases: datasets.Cases(suite, f.selection()), Targets: targets, Concurrency: concurrency,
		Store: db, Progress: progress.update, Now: a.now, Budget: f.budget(before), Grace: -1,
	}
	if f.stop != nil {
		if err := a.watch(ctx, db, targets[0].Run, f.stop, &plan); err != nil {
			progress.finish()
			return nil, err
		}
	}
	report, err := a.ask(ctx, db, plan, progress)
	a.noteFailures(report)
	kept := keepStderr(context.WithoutCancel(ctx), db, targets)
	if err != nil {
		if errors.Is(err, replay.ErrBudget) {
			a.note("stopped: %v", err)
		}
		a.noteStopped(targets, report, before)
		err = a.stopped(err, f)
	}
	if err := errors.Join(err, kept); err != nil {
		return nil, err
	}
	runs := make([]eval.Run, len(targets))
	for i, t := range targets {
		if runs[i], err = db.Run(ctx, t.Run.ID); err != nil {
			return nil, err
		}
		a.noteSaved(&runs[i])
	}
	return runs, nil
}

// ask replays while it listens to the user and has the disk keep up.
func (a *app) ask(ctx context.Context, db *store.DB, plan replay.Plan, progress *progress) (replay.Report, error) {
	defer progress.finish()
	plan.Abandon = a.interrupts.hold()
	defer a.interrupts.release()
	defer context.AfterFunc(ctx, func() {
		progress.say("stopping: the calls under way are ended and stored; interrupt again not to wait for them")
	})()
	if slices.ContainsFunc(plan.Targets, live) {
		defer a.syncing(db)()
	}
	return replay.Run(ctx, plan)
}

// live says whether the answers of a target cost calls.
func live(t replay.Target) bool { return !t.Agent.Info().Recorded }

// costBefore is what the stored answers of live agents have cost.
func costBefore(ctx context.Context, db *store.DB, targets []replay.Target) (sum replay.Cost, err error) {
	for _, t := range targets {
		if !live(t) {
			continue
		}
		usd, priced, err := db.Spent(ctx, t.Run.ID)
		if err != nil {
			return sum, err
		}
		sum.USD += usd
		sum.Priced += priced
	}
	return sum, nil
}

// noteStopped says of runs that were stopped what they hold and what was spent.
func (a *app) noteStopped(targets []replay.Target, report replay.Report, before replay.Cost) {
	for i, c := range report.Targets {
		a.note("run %s of %s holds %d of %d answers", targets[i].Run.ID, targets[i].Run.Name(), c.Skipped+c.Stored, targets[i].Run.Planned())
	}
	if cost := before.USD + report.Cost.USD; before.Priced+report.Cost.Priced > 0 {
		a.note("%s were spent in all", dollars(cost))
	}
}

func dollars(usd float64) string { return fmt.Sprintf("%.4f USD", usd) }

// stopped says how a run goes on that was stopped. A budget that is spent is no
// error: the run is incomplete, which f says.
func (a *app) stopped(err error, f *replayFlags) error {
	if f.cmd == nil { // a demonstration
		return err
	}
	spent := errors.Is(err, replay.ErrBudget)
	f.stopped = spent
	switch {
	case spent:
		a.hint(a.prog + " " + f.again(f.larger()))
		return nil
	case errors.Is(err, replay.ErrUnpriced):
		return errors.Join(usage(f.again(nil)+", with --max-calls in place of --max-cost", "the answers do not say what they cost (usage.cost_usd), so --max-cost cannot be kept"), err)
	}
	a.hint(a.prog + " " + f.again(nil))
	return err
}

// keepStderr stores the end of what each agent wrote to its standard error.
func keepStderr(ctx context.Context, db *store.DB, targets []replay.Target) error {
	var errs []error
	for _, t := range targets {
		if ag, ok := t.Agent.(interface{ Stderr() string }); ok && ag.Stderr() != "" {
			errs = append(errs, db.SetNote(ctx, t.Run.ID, noteStderr, ag.Stderr()))
		}
	}
	return errors.Join(errs...)
}

const noteStderr = "stderr"

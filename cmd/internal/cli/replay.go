package cli

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

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
// It returns them in the order of the agents, complete.
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
	agents, openErr := openAgents(ctx, suite, specs, agent.Options{Dir: suite.Dir, Concurrency: concurrency, Timeout: f.timeout, Getenv: a.getenv})
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
	for i, ag := range agents {
		run := a.plannedRun(suite, scan, panel, specs[i], ag.Info(), f)
		f.planToStop(run)
		if err := a.startRun(ctx, db, run, f.resume); err != nil {
			return nil, err
		}
		targets = append(targets, replay.Target{Agent: ag, Run: run, Panel: panel})
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
	lineage := map[string]string{"holdtrue": programVersion()}
	if spec.Kind != recordingKey {
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

// startRun stores a new run, or takes up the interrupted one that it continues.
func (a *app) startRun(ctx context.Context, db *store.DB, run *eval.Run, resume bool) error {
	if !resume {
		return db.NewRun(ctx, run)
	}
	old, err := db.Resumable(ctx, run.Suite, run.Agent)
	if errors.Is(err, store.ErrNotFound) {
		a.note("no interrupted run of %s; starting a new one", run.Agent)
		return db.NewRun(ctx, run)
	}
	if err != nil {
		return err
	}
	if difference := settingsDiffer(&old, run); difference != "" {
		return &eval.InputError{Msg: fmt.Sprintf("run %s cannot go on: %s", old.ID, difference),
			Hint: "holdtrue run --agent " + run.Agent + " starts a new run"}
	}
	*run = old
	a.note("going on with run %s", old.ID)
	return nil
}

// settingsDiffer says what is not as it was when the run started.
func settingsDiffer(old, now *eval.Run) string {
	switch {
	case old.SuiteHash != now.SuiteHash:
		return fmt.Sprintf("the golden set has changed since it started (%d cases then, %d now)", old.Cases, now.Cases)
	case old.Version != now.Version:
		return fmt.Sprintf("it asked version %q, the suite now names %q", old.Version, now.Version)
	case old.Repeats != now.Repeats:
		return fmt.Sprintf("it asks every case %d times, now %d were asked for", old.Repeats, now.Repeats)
	case len(old.Metrics) != len(now.Metrics):
		return fmt.Sprintf("it has %d metrics, the suite now has %d", len(old.Metrics), len(now.Metrics))
	}
	for i := range old.Metrics {
		if ok, what := old.Metrics[i].Same(now.Metrics[i]); !ok {
			return "its metrics have changed: " + what
		}
	}
	return stopDiffers(old, now)
}

// drive runs the pipeline and reads the finished runs back.
func (a *app) drive(ctx context.Context, db *store.DB, suite *eval.Suite, targets []replay.Target, f *replayFlags, concurrency int) ([]eval.Run, error) {
	progress := a.newProgress(targets)
	plan := replay.Plan{
		Cases: datasets.Cases(suite, f.selection()), Targets: targets, Concurrency: concurrency,
		Store: db, Progress: progress.update, Now: a.now,
	}
	if f.stop != nil {
		if err := a.watch(ctx, db, targets[0].Run, f.stop, &plan); err != nil {
			progress.finish()
			return nil, err
		}
	}
	report, err := replay.Run(ctx, plan)
	progress.finish()
	a.noteFailures(report)
	err = errors.Join(err, keepStderr(context.WithoutCancel(ctx), db, targets))
	if err != nil {
		var ids []string
		for _, t := range targets {
			ids = append(ids, t.Run.ID)
		}
		a.hint(fmt.Sprintf("%s goes on with run %s", f.goOn, strings.Join(ids, " and run ")))
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

package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"holdtrue/eval"
	"holdtrue/eval/store"
)

// noteSettings is the note of a run that holds its settings.
const noteSettings = "settings"

// settings are what a run was started with beside what the run itself tells.
type settings struct {
	// Agent has the keys under which the suite describes the agent, each with a
	// hash of its value, which may be secret. What is only an environment of a
	// process counts by its names, so that a key may be renewed.
	Agent  map[string]string `json:"agent"`
	Redact []string          `json:"redact,omitempty"`
	// Margin and Alpha are those by which the run may stop early.
	Margin *float64 `json:"stop_margin,omitzero"`
	Alpha  *float64 `json:"stop_alpha,omitzero"`
}

func settingsOf(suite *eval.Suite, spec eval.AgentSpec, f *replayFlags) (settings, error) {
	s := settings{Agent: agentSettings(spec), Redact: slices.Sorted(slices.Values(suite.Redact))}
	if f.stop != nil {
		opts, err := f.stop.opts.WithDefaults()
		if err != nil {
			return s, err
		}
		s.Margin, s.Alpha = opts.Margin, &opts.Alpha
	}
	return s, nil
}

func agentSettings(spec eval.AgentSpec) map[string]string {
	keys := map[string]json.RawMessage{}
	if json.Unmarshal(spec.Args, &keys) != nil {
		return map[string]string{spec.Kind: hashOf(spec.Args)}
	}
	hashes := map[string]string{}
	for k, v := range keys {
		if slices.Contains(howAsked(), k) {
			continue
		}
		var env map[string]string
		if k == "env" && json.Unmarshal(v, &env) == nil {
			v = json.RawMessage(strings.Join(slices.Sorted(maps.Keys(env)), " "))
		}
		hashes[k] = hashOf(v)
	}
	return hashes
}

// howAsked are the keys of agents by which the same is asked faster, slower or
// again, or by another key: a run may go on with other values.
func howAsked() []string {
	return []string{"api_key_env", "backoff", "breaker", "idle_timeout", "max_attempts", "max_retry_after", "requests_per_minute", "tokens_per_minute"}
}

func hashOf(v json.RawMessage) string { return eval.ContentHash(string(v))[:16] }

// differ says what of the settings is not as it was.
func (s settings) differ(now settings) string {
	var keys []string
	for _, k := range slices.Sorted(maps.Keys(s.Agent)) {
		if s.Agent[k] != now.Agent[k] {
			keys = append(keys, k)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(now.Agent)) {
		if _, was := s.Agent[k]; !was {
			keys = append(keys, k)
		}
	}
	either := func(p *float64) any {
		if p == nil {
			return "none"
		}
		return *p
	}
	switch {
	case len(keys) > 0:
		return "the suite describes its agent otherwise than when it started: " + strings.Join(keys, ", ")
	case !slices.Equal(s.Redact, now.Redact):
		return fmt.Sprintf("it does not store %s, and now %s is not to be stored", orNothing(s.Redact), orNothing(now.Redact))
	case either(s.Margin) != either(now.Margin):
		return fmt.Sprintf("it may stop early by the margin %v, and now the margin is %v", either(s.Margin), either(now.Margin))
	case either(s.Alpha) != either(now.Alpha):
		return fmt.Sprintf("it may stop early by alpha %v, and now alpha is %v", either(s.Alpha), either(now.Alpha))
	}
	return ""
}

func orNothing(kinds []string) string {
	if len(kinds) == 0 {
		return "nothing secret left out"
	}
	return strings.Join(kinds, ", ")
}

// planned is a run that is to begin or to go on.
type planned struct {
	run      *eval.Run
	settings settings
	resumed  bool
	unlock   func()
}

// startRuns stores new runs, or takes up the interrupted ones that they
// continue. Nothing is stored if one of them cannot go on.
func (a *app) startRuns(ctx context.Context, db *store.DB, runs []*planned, resume bool) error {
	for _, p := range runs {
		if !resume {
			break
		}
		if err := a.takeUp(ctx, db, p); err != nil {
			return err
		}
	}
	for _, p := range runs {
		if !p.resumed {
			if err := db.NewRun(ctx, p.run); err != nil {
				return err
			}
			if err := p.hold(); err != nil {
				return err
			}
		}
		text, err := json.Marshal(p.settings)
		if err != nil {
			return err
		}
		if err := db.SetNote(ctx, p.run.ID, noteSettings, string(text)); err != nil {
			return err
		}
	}
	return nil
}

// hold takes the lock of an interrupted run, on which another process may be at
// work: both would ask the same.
func (p *planned) hold() error {
	unlock, taken := lockRun(p.run.ID)
	if taken {
		return &eval.InputError{Msg: fmt.Sprintf("run %s cannot go on: another process is at work on it", p.run.ID),
			Hint: "wait until it ends, or leave --resume away to start a new run"}
	}
	p.unlock = unlock
	return nil
}

func (p *planned) release() {
	if p.unlock != nil {
		p.unlock()
	}
}

// takeUp makes a planned run the interrupted one of its agent, if there is one.
func (a *app) takeUp(ctx context.Context, db *store.DB, p *planned) error {
	old, err := db.Resumable(ctx, p.run.Suite, p.run.Agent)
	if errors.Is(err, store.ErrNotFound) {
		a.note("no interrupted run of %s; starting a new one", p.run.Agent)
		return nil
	}
	if err != nil {
		return err
	}
	difference := settingsDiffer(&old, p.run)
	text, err := db.Note(ctx, old.ID, noteSettings)
	if err != nil {
		return err
	}
	if difference == "" && text != "" { // none: an older program, or nothing was asked yet
		var was settings
		if err := json.Unmarshal([]byte(text), &was); err != nil {
			return fmt.Errorf("run %s: %s: %w", old.ID, noteSettings, err)
		}
		difference = was.differ(p.settings)
	}
	if difference != "" {
		return &eval.InputError{Msg: fmt.Sprintf("run %s cannot go on: %s", old.ID, difference),
			Hint: "holdtrue run --agent " + shellWord(p.run.Agent) + " starts a new run"}
	}
	*p.run, p.resumed = old, true
	if err := p.hold(); err != nil {
		return err
	}
	a.note("going on with run %s", old.ID)
	return nil
}

// settingsDiffer says what is not as it was when the run started.
func settingsDiffer(old, now *eval.Run) string {
	switch {
	case old.Selection != now.Selection:
		return fmt.Sprintf("it asks %s, and now %s were asked for", selected(old), selected(now))
	case old.SuiteHash != now.SuiteHash:
		return fmt.Sprintf("the golden set has changed since it started (%d cases then, %d now)", old.Cases, now.Cases)
	case old.Version != now.Version:
		return fmt.Sprintf("it asked version %q, the suite now names %q", old.Version, now.Version)
	case old.Kind != now.Kind:
		return fmt.Sprintf("it asks a %s agent, the suite now names a %s", old.Kind, now.Kind)
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
	if what := lineageDiffers(old.Lineage, now.Lineage); what != "" {
		return what
	}
	return stopDiffers(old, now)
}

func selected(run *eval.Run) string {
	if run.Selection == "" {
		return "all cases"
	}
	return "the cases " + run.Selection
}

// lineageDiffers says in what the content of the agent is not what it was. The
// program itself may be another: what it changed of metrics is told by them.
func lineageDiffers(old, now map[string]string) string {
	keys := slices.Collect(maps.Keys(old))
	keys = slices.AppendSeq(keys, maps.Keys(now))
	slices.Sort(keys)
	for _, k := range slices.Compact(keys) {
		if k != programKey && old[k] != now[k] {
			return fmt.Sprintf("its agent's %s was %q, and now it is %q", k, old[k], now[k])
		}
	}
	return ""
}

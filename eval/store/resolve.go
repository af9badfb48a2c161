package store

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"holdtrue/eval"
	"holdtrue/eval/wire"
)

// ErrNotFound says that what was asked for is not stored.
var ErrNotFound = errors.New("not found")

// notFound is an ErrNotFound that a user caused by a name.
type notFound struct{ *eval.InputError }

func (n notFound) Unwrap() []error { return []error{n.InputError, ErrNotFound} }

// Latest is the reference to the newest complete run.
const Latest = "latest"

// minPrefix is the shortest beginning of an id that is taken for one.
const minPrefix = 4

// Run finds a run by a pinned name, "latest", its id, a unique beginning of it
// (at least four characters), agent@version or agent: the latest complete run.
func (s *DB) Run(ctx context.Context, ref string) (eval.Run, error) {
	for _, find := range []func(context.Context, string) ([]eval.Run, error){s.byID, s.byPin, s.byLatest, s.byAgent, s.byPrefix} {
		runs, err := find(ctx, ref)
		if err != nil {
			return eval.Run{}, err
		}
		switch len(runs) {
		case 0:
			continue
		case 1:
			return runs[0], nil
		}
		var ids []string
		for _, r := range runs {
			ids = append(ids, r.ID)
		}
		return eval.Run{}, &eval.InputError{Msg: fmt.Sprintf("%q is the beginning of several runs: %s", ref, strings.Join(ids, ", "))}
	}
	return eval.Run{}, s.noRun(ctx, ref)
}

func (s *DB) byID(ctx context.Context, ref string) ([]eval.Run, error) {
	return s.queryRuns(ctx, "SELECT "+runColumns+" FROM runs WHERE id = ?", ref)
}

func (s *DB) byPin(ctx context.Context, ref string) ([]eval.Run, error) {
	return s.queryRuns(ctx, "SELECT "+runColumns+" FROM runs WHERE number = (SELECT run FROM pins WHERE name = ?)", ref)
}

// The newest run is the one stored last: the clock may have been put back.
const newestFirst = " ORDER BY number DESC"

const newestComplete = " AND status = 'complete'" + newestFirst + " LIMIT 1"

func (s *DB) byLatest(ctx context.Context, ref string) ([]eval.Run, error) {
	if ref != Latest {
		return nil, nil
	}
	return s.queryRuns(ctx, "SELECT "+runColumns+" FROM runs WHERE true"+newestComplete)
}

func (s *DB) byAgent(ctx context.Context, ref string) ([]eval.Run, error) {
	runs, err := s.queryRuns(ctx, "SELECT "+runColumns+" FROM runs WHERE agent = ?"+newestComplete, ref)
	if err != nil || len(runs) > 0 {
		return runs, err
	}
	return s.queryRuns(ctx, "SELECT "+runColumns+" FROM runs WHERE agent || '@' || version = ? AND version <> ''"+newestComplete, ref)
}

// SameVersion lists the complete runs of the same suite, agent and version,
// newest first.
func (s *DB) SameVersion(ctx context.Context, run eval.Run) ([]eval.Run, error) {
	return s.queryRuns(ctx, "SELECT "+runColumns+" FROM runs WHERE suite = ? AND agent = ? AND version = ? AND status = 'complete'"+newestFirst,
		run.Suite, run.Agent, run.Version)
}

func (s *DB) byPrefix(ctx context.Context, ref string) ([]eval.Run, error) {
	if len(ref) < minPrefix || strings.Trim(ref, crockford) != "" {
		return nil, nil
	}
	return s.queryRuns(ctx, "SELECT "+runColumns+" FROM runs WHERE substr(id, 1, ?) = ?"+newestFirst+" LIMIT 10", len(ref), ref)
}

// noRun says that nothing answers to a name, and what would.
func (s *DB) noRun(ctx context.Context, ref string) error {
	infos, err := s.Runs(ctx, Filter{Limit: 200})
	if err != nil {
		return err
	}
	var names []string
	for _, info := range infos {
		names = append(names, info.Pins...)
		names = append(names, info.Run.Agent, info.Run.Name())
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > 12 {
		names = names[:12]
	}
	msg := fmt.Sprintf("no run answers to %q%s", ref, wire.Suggest(ref, names))
	switch {
	case ref == Latest:
		msg = "no complete run is stored yet"
	case slices.Contains(names, ref): // found, had it a complete run
		msg = fmt.Sprintf("no run of %s is complete yet; one that is not is named by its id", ref)
	}
	return notFound{&eval.InputError{Msg: msg, Hint: "holdtrue runs"}}
}

// Resumable finds the newest run of an agent that was not finished.
func (s *DB) Resumable(ctx context.Context, suite, agent string) (eval.Run, error) {
	runs, err := s.queryRuns(ctx, "SELECT "+runColumns+" FROM runs WHERE suite = ? AND agent = ? AND status = 'running'"+newestFirst+" LIMIT 1", suite, agent)
	if err != nil {
		return eval.Run{}, err
	}
	if len(runs) == 0 {
		return eval.Run{}, fmt.Errorf("an interrupted run of %s: %w", agent, ErrNotFound)
	}
	return runs[0], nil
}

// PinInfo is a pinned name and its run.
type PinInfo struct{ Name, RunID string }

var pinName = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._/-]{0,63}$`)
})

// CheckPinName says what is wrong with a name that is to be pinned.
func CheckPinName(name string) error {
	if !pinName().MatchString(name) || name == Latest || isID(name) {
		return &eval.InputError{Msg: fmt.Sprintf("%q cannot be a pinned name: it begins with a letter, holds letters, digits and . _ / -, and is not \"latest\" or like a run's id", name)}
	}
	return nil
}

// Pin gives a run a name, taking the name from the run that had it.
func (s *DB) Pin(ctx context.Context, name, runID string) error {
	if err := CheckPinName(name); err != nil {
		return err
	}
	pinned := s.now().UnixMilli()
	res, err := s.db.ExecContext(ctx, `INSERT INTO pins (name, run, pinned, checksum) SELECT ?, number, ?, ? FROM runs WHERE id = ?
		ON CONFLICT (name) DO UPDATE SET run = excluded.run, pinned = excluded.pinned, checksum = excluded.checksum`, name, pinned, checksum(name, runID, pinned), runID)
	if err != nil {
		return s.explain(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(err, s.noRun(ctx, runID))
	}
	return nil
}

func isID(name string) bool { return len(name) == idLength && strings.Trim(name, crockford) == "" }

// Pins lists the pinned names.
func (s *DB) Pins(ctx context.Context) ([]PinInfo, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT name, id FROM pins JOIN runs ON runs.number = pins.run ORDER BY name")
	if err != nil {
		return nil, s.explain(err)
	}
	defer rows.Close()
	var pins []PinInfo
	for rows.Next() {
		var p PinInfo
		if err := rows.Scan(&p.Name, &p.RunID); err != nil {
			return nil, s.explain(err)
		}
		pins = append(pins, p)
	}
	return pins, rows.Err()
}

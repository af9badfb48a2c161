package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"holdtrue/eval"
)

// Health is what Verify found of a store.
type Health struct {
	Runs    int
	Outputs int
	Texts   int // that were read and held to their hash
	// Unsealed counts rows that have no checksum, being from before there were
	// any; of them only the texts are proven.
	Unsealed int
	Damage   []Damage // nothing: the store is sound
	// More counts what was found beyond maxDamage.
	More int
}

// Damage is something that is not as it was written, and the runs that it
// concerns as far as they are known.
type Damage struct {
	What string
	Runs []string // ids
}

// maxDamage is how many findings are listed.
const maxDamage = 200

// Sound says that nothing is damaged.
func (h *Health) Sound() bool { return len(h.Damage) == 0 }

// Verify reads everything that is stored and holds it to its structure, its
// references, its hashes and its checksums. quick leaves out what takes reading
// every text. What is damaged is no error: an error says that looking failed.
// Every change of a value in a file that was written by this version is found,
// but for one in 4 billion.
func (s *DB) Verify(ctx context.Context, quick bool) (Health, error) {
	v := verifier{DB: s, ctx: ctx, texts: map[int64]bool{}}
	steps := []struct {
		name string
		look func() error
	}{
		{"structure", func() error { return v.structure(quick) }},
		{"schema", v.schema}, {"references", v.references}, {"runs", v.runs}, {"counts", v.counts},
	}
	if !quick {
		steps = append(steps, []struct {
			name string
			look func() error
		}{{"texts", v.bodies}, {"cases", v.cases}, {"outputs", v.outputs}}...)
	}
	for _, step := range steps {
		err := step.look()
		if ctx.Err() != nil {
			return v.health, ctx.Err()
		}
		if err != nil { // what cannot be read is damaged too
			v.found(nil, "%s: cannot be read: %v", step.name, err)
		}
	}
	return v.health, nil
}

// verifier looks through a store.
type verifier struct {
	*DB
	ctx    context.Context
	health Health
	texts  map[int64]bool // damaged ones
	listed map[string]eval.Run
}

func (v *verifier) found(runs []string, format string, args ...any) {
	d := Damage{What: fmt.Sprintf(format, args...), Runs: runs}
	for i := range v.health.Damage {
		if old := &v.health.Damage[i]; old.What == d.What {
			for _, r := range runs {
				if !slices.Contains(old.Runs, r) {
					old.Runs = append(old.Runs, r)
				}
			}
			return
		}
	}
	if len(v.health.Damage) == maxDamage {
		v.health.More++
		return
	}
	v.health.Damage = append(v.health.Damage, d)
}

// each calls see for every row of a query, whose values are given as they are.
func (v *verifier) each(columns int, see func(values []any) error, query string, args ...any) (err error) {
	rows, err := v.db.QueryContext(v.ctx, query, args...)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		values, into := scanInto(columns)
		if err := rows.Scan(into...); err != nil {
			return err
		}
		if err := see(values); err != nil {
			return err
		}
	}
	return rows.Err()
}

// structure lets SQLite look through its pages, and its indexes if not quick.
func (v *verifier) structure(quick bool) error {
	pragma := "PRAGMA integrity_check"
	if quick {
		pragma = "PRAGMA quick_check"
	}
	return v.each(1, func(values []any) error {
		for line := range strings.Lines(textOf(values[0])) {
			if line = strings.TrimSpace(line); line != "ok" && line != "" {
				v.found(nil, "SQLite: %s", line)
			}
		}
		return nil
	}, pragma)
}

// schema compares the tables with those of a new store.
func (v *verifier) schema() error {
	fresh, err := openAs(v.ctx, v.path, volatile, nil)
	if err != nil {
		return err
	}
	defer fresh.Close()
	want, err := fresh.tables(v.ctx)
	if err != nil {
		return err
	}
	got, err := v.tables(v.ctx)
	if err != nil {
		return err
	}
	for name, text := range want {
		if got[name] != text {
			v.found(nil, "%s is not what this version makes it", name)
		}
	}
	for name := range got {
		if _, known := want[name]; !known {
			v.found(nil, "%s does not belong here", name)
		}
	}
	return nil
}

// tables gives the text of every table, index and view by its kind and name.
func (s *DB) tables(ctx context.Context) (map[string]string, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite_stat%'")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	tables := map[string]string{}
	for rows.Next() {
		var kind, name, table, text string
		if err := rows.Scan(&kind, &name, &table, &text); err != nil {
			return nil, err
		}
		tables[kind+" "+name] = table + ": " + text
	}
	return tables, rows.Err()
}

// references looks for rows whose run, case or text is gone.
func (v *verifier) references() error {
	missing := map[string]int{}
	err := v.each(2, func(values []any) error {
		missing[fmt.Sprintf("of %s refer to what is not in %s", textOf(values[0]), textOf(values[1]))]++
		return nil
	}, `SELECT "table", parent FROM pragma_foreign_key_check`)
	for what, n := range missing {
		v.found(nil, "%d rows %s", n, what)
	}
	return err
}

// sealed holds a row to its checksum: values are those that it covers.
func (v *verifier) sealed(sum any, runs []string, what string, values []any) {
	switch sum := sum.(type) {
	case nil:
		v.health.Unsealed++
	case int64:
		if sum != checksum(values...) {
			v.found(runs, "%s: its checksum does not agree", what)
		}
	default:
		v.found(runs, "%s: its checksum is no number", what)
	}
}

// runs holds runs, metrics, notes, pins and comparisons to their checksums.
func (v *verifier) runs() error {
	err := v.each(15, func(values []any) error {
		v.health.Runs++
		id := textOf(values[1])
		v.sealed(values[0], []string{id}, "run "+id, values[1:])
		return nil
	}, "SELECT checksum, "+runValues+" FROM runs ORDER BY number")
	return errors.Join(err, v.list(),
		v.each(15, func(values []any) error {
			v.sealed(values[0], []string{textOf(values[1])}, "metric "+textOf(values[3]), values[1:])
			return nil
		}, "SELECT m.checksum, r.id, "+prefixed("m.", metricValues)+" FROM metrics m LEFT JOIN runs r ON r.number = m.run"),
		v.each(4, func(values []any) error {
			v.sealed(values[0], []string{textOf(values[1])}, "note "+textOf(values[2]), values[1:])
			return nil
		}, "SELECT n.checksum, r.id, n.name, n.text FROM notes n LEFT JOIN runs r ON r.number = n.run"),
		v.each(4, func(values []any) error {
			v.sealed(values[0], []string{textOf(values[2])}, "pinned name "+textOf(values[1]), values[1:])
			return nil
		}, "SELECT p.checksum, p.name, r.id, p.pinned FROM pins p LEFT JOIN runs r ON r.number = p.run"),
		v.each(7, func(values []any) error {
			v.sealed(values[0], []string{textOf(values[1]), textOf(values[2])}, "a comparison", values[1:])
			return nil
		}, "SELECT c.checksum, b.id, n.id, c.created, c.options, c.verdict, c.exit_code FROM comparisons c LEFT JOIN runs b ON b.number = c.baseline LEFT JOIN runs n ON n.number = c.candidate"))
}

// list reads the runs as every command does.
func (v *verifier) list() error {
	infos, err := v.Runs(v.ctx, Filter{})
	v.listed = make(map[string]eval.Run, len(infos))
	for _, info := range infos {
		v.listed[info.Run.ID] = info.Run
	}
	return err
}

// counts holds the number of outputs and metrics of every run to its plan.
func (v *verifier) counts() error {
	return v.each(6, func(values []any) error {
		id, outputs, planned := textOf(values[0]), numberOf(values[2]), numberOf(values[3])
		v.health.Outputs += int(outputs)
		switch {
		case textOf(values[1]) == string(eval.Complete) && outputs != planned:
			v.found([]string{id}, "run %s is complete and has %d of %d outputs", id, outputs, planned)
		case outputs > planned:
			v.found([]string{id}, "run %s has %d outputs and plans %d", id, outputs, planned)
		}
		if numberOf(values[4]) != numberOf(values[5]) {
			v.found([]string{id}, "run %s: a metric is missing", id)
		}
		return nil
	}, `SELECT id, status, (SELECT count(*) FROM outputs WHERE run = number), cases * repeats,
		(SELECT count(*) FROM metrics WHERE run = number), (SELECT coalesce(max(ordinal), -1) + 1 FROM metrics WHERE run = number) FROM runs`)
}

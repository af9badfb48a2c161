package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"holdtrue/eval"
)

// noteStopEarlyName is the note that holds Run.StopEarly, as JSON.
const noteStopEarlyName = "stop-early"

func noteStopEarly(ctx context.Context, tx *sql.Tx, runID string, stop *eval.StopEarly) error {
	if stop == nil {
		return nil
	}
	text, err := json.Marshal(stop)
	if err != nil {
		return err
	}
	return setNote(ctx, tx, runID, noteStopEarlyName, string(text))
}

// FinishEarly marks a run complete that stopped before all planned cases were
// asked. In one transaction it brings the plan down to the cases that the run
// holds, says so in its selection, and finishes it as Finish does. It refuses
// while an answer to one of those cases is missing.
func (s *DB) FinishEarly(ctx context.Context, runID string, finished time.Time, lineage map[string]string, decision string) error {
	return s.inTx(ctx, func(tx *sql.Tx) error {
		var number, seed int64
		var planned, held int
		var selection string
		var note sql.NullString
		err := tx.QueryRowContext(ctx, `SELECT number, seed, cases, selection, (SELECT count(DISTINCT case_id) FROM outputs WHERE run = number),
			(SELECT text FROM notes WHERE run = number AND name = ?) FROM runs WHERE id = ?`, noteStopEarlyName, runID).
			Scan(&number, &seed, &planned, &selection, &held, &note)
		if err != nil {
			return err
		}
		if !note.Valid || held > planned {
			return fmt.Errorf("run %s was not planned to stop early", runID)
		}
		var stop eval.StopEarly
		if err := json.Unmarshal([]byte(note.String), &stop); err != nil {
			return fmt.Errorf("run %s: %s: %w", runID, noteStopEarlyName, err)
		}
		stop.Planned, stop.Decision = planned, decision
		if selection != "" {
			selection += ", "
		}
		selection += fmt.Sprintf("stopped early: %d of %d cases in random order, seed %d", held, planned, uint64(seed))
		if _, err := tx.ExecContext(ctx, "UPDATE runs SET cases = ?, selection = ? WHERE number = ?", held, selection, number); err != nil {
			return err
		}
		if err := noteStopEarly(ctx, tx, runID, &stop); err != nil {
			return err
		}
		return finish(ctx, tx, runID, finished, lineage)
	})
}

package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"holdtrue/eval"
)

// Stats says what takes up the room of a store. All sizes are bytes.
type Stats struct {
	File, Log int64 // the database and its write-ahead log
	Free      int64 // room in the file that nothing uses
	Runs      []RunSize
	Outputs   int
	Cases     int
	Texts     int
	// Stored is what the texts take, compressed; Plain what they are long.
	Stored, Plain int64
	// Shared is the part of Stored that several runs use.
	Shared int64
}

// RunSize is the size of a run: of the texts it uses (its cases, answers and
// decision logs, compressed, each once) and of its rows.
type RunSize struct {
	Run     eval.Run
	Pins    []string
	Outputs int
	Texts   int64
	// Alone is the part of Texts that no other run uses: what goes with it.
	Alone int64
	Rows  int64 // about
}

// rowSize is what an output takes beside its scores and their reasons, about.
const rowSize = 80

// Stats measures the store. It holds 24 bytes a text.
func (s *DB) Stats(ctx context.Context) (stats Stats, err error) {
	if stats.File, stats.Log, err = s.sizes(); err != nil {
		return stats, err
	}
	if err := s.db.QueryRowContext(ctx, `SELECT freelist_count * page_size, (SELECT count(*) FROM cases)
		FROM pragma_freelist_count, pragma_page_size`).Scan(&stats.Free, &stats.Cases); err != nil {
		return stats, s.explain(err)
	}
	texts, err := s.textSizes(ctx, &stats)
	if err != nil {
		return stats, s.explain(err)
	}
	infos, err := s.Runs(ctx, Filter{})
	if err != nil {
		return stats, err
	}
	byNumber := map[int64]*RunSize{}
	for _, info := range infos {
		stats.Runs = append(stats.Runs, RunSize{Run: info.Run, Pins: info.Pins, Outputs: info.Outputs})
		stats.Outputs += info.Outputs
	}
	for i := range stats.Runs {
		var number int64
		if err := s.db.QueryRowContext(ctx, "SELECT number FROM runs WHERE id = ?", stats.Runs[i].Run.ID).Scan(&number); err != nil {
			return stats, s.explain(err)
		}
		byNumber[number] = &stats.Runs[i]
	}
	if err := s.runSizes(ctx, byNumber, texts); err != nil {
		return stats, s.explain(err)
	}
	for _, t := range texts {
		switch {
		case t.shared:
			stats.Shared += t.size
		case byNumber[t.run] != nil:
			byNumber[t.run].Alone += t.size
		}
	}
	return stats, nil
}

// textUse is the stored size of a text and the last run that was seen to use it.
type textUse struct {
	size, run int64
	shared    bool
}

func (s *DB) textSizes(ctx context.Context, stats *Stats) (texts map[int64]*textUse, err error) {
	rows, err := s.db.QueryContext(ctx, "SELECT id, size, length(data) FROM bodies")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	texts = map[int64]*textUse{}
	for rows.Next() {
		var id, plain int64
		t := &textUse{}
		if err := rows.Scan(&id, &plain, &t.size); err != nil {
			return nil, err
		}
		texts[id] = t
		stats.Texts++
		stats.Plain += plain
		stats.Stored += t.size
	}
	return texts, rows.Err()
}

// runSizes goes through all outputs, run by run.
func (s *DB) runSizes(ctx context.Context, runs map[int64]*RunSize, texts map[int64]*textUse) (err error) {
	rows, err := s.db.QueryContext(ctx, `SELECT run, text, log, body, length(scores) + coalesce(length(reasons), 0) FROM outputs JOIN cases ON cases.id = case_id ORDER BY run`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var number, length int64
		var used [3]sql.NullInt64
		if err := rows.Scan(&number, &used[0], &used[1], &used[2], &length); err != nil {
			return err
		}
		run := runs[number]
		if run == nil {
			continue // begun meanwhile
		}
		run.Rows += rowSize + length
		for _, id := range used {
			t := texts[id.Int64]
			if t == nil || t.run == number {
				continue
			}
			t.shared = t.run != 0
			t.run = number
			run.Texts += t.size
		}
	}
	return rows.Err()
}

// Size is what the store takes on the disk, its write-ahead log included.
func (s *DB) Size() (int64, error) {
	file, log, err := s.sizes()
	return file + log, err
}

func (s *DB) sizes() (file, log int64, err error) {
	info, err := os.Stat(s.path)
	if err != nil {
		return 0, 0, fmt.Errorf("store: %w", err)
	}
	file = info.Size()
	switch info, err = os.Stat(s.path + "-wal"); {
	case err == nil:
		log = info.Size()
	case !errors.Is(err, fs.ErrNotExist):
		return 0, 0, fmt.Errorf("store: %w", err)
	}
	return file, log, nil
}

// needUnknown is what an output takes where the store has too few to tell, and
// needLeast how many it takes to tell.
const (
	needUnknown = 4 << 10
	needLeast   = 100
)

// Need is about the room that so many further outputs take on the disk: as much
// as those of the store took, and the write-ahead log.
func (s *DB) Need(ctx context.Context, outputs int) (int64, error) {
	var have int64
	if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM outputs").Scan(&have); err != nil {
		return 0, s.explain(err)
	}
	each := int64(needUnknown)
	if have >= needLeast {
		size, err := s.Size()
		if err != nil {
			return 0, err
		}
		each = size / have
	}
	return int64(outputs)*each + checkpointPages*pageSize, nil
}

// The write-ahead log grows to so much: see checkpointPragma.
const (
	checkpointPages = 4000
	pageSize        = 4096
)

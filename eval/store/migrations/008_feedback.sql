-- The trace that an output was read from, in hexadecimal digits.
ALTER TABLE outputs ADD COLUMN trace TEXT NOT NULL DEFAULT '';

-- What users said of stored outputs, which comes after the run: rows are added
-- and never changed. Scores are not touched by it.
CREATE TABLE feedback (
  number   INTEGER PRIMARY KEY AUTOINCREMENT, -- none is given twice, whatever is deleted
  identity BLOB NOT NULL UNIQUE CHECK (length(identity) = 16), -- of all that was said: twice is once
  run      INTEGER NOT NULL,
  case_id  INTEGER NOT NULL,
  repeat   INTEGER NOT NULL,
  value    REAL CHECK (value BETWEEN 0 AND 1), -- 1 is the best; NULL where there is a comment alone
  said     TEXT NOT NULL, -- the thumb, rating or label as it was given
  comment  TEXT NOT NULL,
  author   TEXT NOT NULL,
  at       INTEGER, -- when it was said; Unix milliseconds, UTC
  imported INTEGER NOT NULL,
  FOREIGN KEY (run, case_id, repeat) REFERENCES outputs ON DELETE CASCADE
) STRICT;

CREATE INDEX feedback_by_output ON feedback (run, case_id, repeat);

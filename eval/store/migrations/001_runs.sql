-- Times are Unix milliseconds, UTC.

CREATE TABLE runs (
  number     INTEGER PRIMARY KEY,
  id         TEXT NOT NULL UNIQUE,
  suite      TEXT NOT NULL,
  suite_hash TEXT NOT NULL,
  agent      TEXT NOT NULL,
  version    TEXT NOT NULL,
  kind       TEXT NOT NULL,
  started    INTEGER NOT NULL,
  finished   INTEGER,
  status     TEXT NOT NULL CHECK (status IN ('running', 'complete')),
  cases      INTEGER NOT NULL CHECK (cases >= 0),
  repeats    INTEGER NOT NULL CHECK (repeats >= 1),
  seed       INTEGER NOT NULL,
  selection  TEXT NOT NULL,
  lineage    TEXT NOT NULL,
  CHECK ((status = 'complete') = (finished IS NOT NULL))
) STRICT;

CREATE TABLE metrics (
  run      INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  ordinal  INTEGER NOT NULL,
  name     TEXT NOT NULL,
  scorer   TEXT NOT NULL,
  version  TEXT NOT NULL,
  args     TEXT NOT NULL,
  scale    TEXT NOT NULL CHECK (scale IN ('binary', 'unit', 'measure')),
  unit     TEXT NOT NULL,
  better   TEXT NOT NULL CHECK (better IN ('higher', 'lower', 'neither')),
  gate     INTEGER NOT NULL CHECK (gate IN (0, 1)),
  margin   REAL,
  per_case INTEGER NOT NULL CHECK (per_case IN (0, 1)),
  PRIMARY KEY (run, ordinal),
  UNIQUE (run, name)
) STRICT, WITHOUT ROWID;

-- A text, once: hash is the first 16 bytes of the SHA-256 of the plain bytes.
CREATE TABLE bodies (
  id    INTEGER PRIMARY KEY,
  hash  BLOB NOT NULL UNIQUE CHECK (length(hash) = 16),
  size  INTEGER NOT NULL CHECK (size >= 0),
  codec TEXT NOT NULL CHECK (codec IN ('plain', 'zstd')),
  data  BLOB NOT NULL
) STRICT;

-- A case as it was asked. The same id with other content or tags is another row.
CREATE TABLE cases (
  id   INTEGER PRIMARY KEY,
  key  TEXT NOT NULL,
  hash TEXT NOT NULL,
  tags TEXT NOT NULL,
  body INTEGER NOT NULL UNIQUE REFERENCES bodies -- holds key, content and tags
) STRICT;

CREATE INDEX cases_by_key ON cases (key);

CREATE TABLE outputs (
  id            INTEGER PRIMARY KEY,
  run           INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  case_id       INTEGER NOT NULL REFERENCES cases,
  repeat        INTEGER NOT NULL CHECK (repeat >= 0),
  seq           INTEGER NOT NULL, -- place in the plan of the run
  text          INTEGER NOT NULL REFERENCES bodies,
  log           INTEGER REFERENCES bodies,
  failed        INTEGER NOT NULL CHECK (failed IN (0, 1)),
  latency_ms    REAL,
  input_tokens  INTEGER,
  output_tokens INTEGER,
  cost_usd      REAL,
  -- One answer per case and repeat, however often it is sent.
  UNIQUE (run, case_id, repeat)
) STRICT;

CREATE TABLE scores (
  output   INTEGER NOT NULL REFERENCES outputs ON DELETE CASCADE,
  metric   INTEGER NOT NULL, -- metrics.ordinal of the run
  status   TEXT NOT NULL CHECK (status IN ('scored', 'skipped', 'missing', 'failed')),
  value    REAL,
  reason   TEXT,
  evidence TEXT,
  PRIMARY KEY (output, metric),
  CHECK ((status = 'scored') = (value IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE pins (
  name   TEXT PRIMARY KEY,
  run    INTEGER NOT NULL REFERENCES runs,
  pinned INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE comparisons (
  number    INTEGER PRIMARY KEY,
  baseline  INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  candidate INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  created   INTEGER NOT NULL,
  options   TEXT NOT NULL,
  verdict   TEXT NOT NULL,
  exit_code INTEGER NOT NULL
) STRICT;

-- What is kept with a run beside its outputs, such as what its agent said on
-- standard error.
CREATE TABLE notes (
  run  INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  name TEXT NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;

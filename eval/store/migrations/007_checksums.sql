-- CRC-32C of a row's values and of what it refers to, by content (checksum.go),
-- since SQLite's pages have no checksum; NULL in rows from before.
ALTER TABLE runs ADD COLUMN checksum INTEGER;
ALTER TABLE metrics ADD COLUMN checksum INTEGER;
ALTER TABLE notes ADD COLUMN checksum INTEGER;
ALTER TABLE outputs ADD COLUMN checksum INTEGER;
ALTER TABLE pins ADD COLUMN checksum INTEGER;
ALTER TABLE comparisons ADD COLUMN checksum INTEGER;

-- Every time that runs were dropped to make room. What was looked up before one
-- may be gone after it: see writer.write.
CREATE TABLE collections (
  number    INTEGER PRIMARY KEY,
  collected INTEGER NOT NULL,
  runs      INTEGER NOT NULL
) STRICT;

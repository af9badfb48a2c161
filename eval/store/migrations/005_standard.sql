-- Metrics that every run has, whatever its suite asks for.
ALTER TABLE metrics ADD COLUMN standard INTEGER NOT NULL DEFAULT 0 CHECK (standard IN (0, 1));

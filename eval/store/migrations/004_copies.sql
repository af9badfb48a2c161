-- What tells a copy of an answer from one of its own: the provider's id of the
-- response, and whether it came from a cache. And whether it is empty.
ALTER TABLE outputs ADD COLUMN response TEXT NOT NULL DEFAULT '';
ALTER TABLE outputs ADD COLUMN cached INTEGER NOT NULL DEFAULT 0 CHECK (cached IN (0, 1));
ALTER TABLE outputs ADD COLUMN blank INTEGER NOT NULL DEFAULT 0 CHECK (blank IN (0, 1));

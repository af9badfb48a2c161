-- When the call that gave the answer was begun; Unix milliseconds, UTC.
ALTER TABLE outputs ADD COLUMN started INTEGER;

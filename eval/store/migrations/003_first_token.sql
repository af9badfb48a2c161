-- Time to the first token, of agents that stream.
ALTER TABLE outputs ADD COLUMN first_token_ms REAL;

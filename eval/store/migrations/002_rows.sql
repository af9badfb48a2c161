-- Outputs are found by run, case and repeat alone, and carry their scores: one
-- row to write and to read where there was one for every score and an index.
--
-- scores is a JSON object from metrics.ordinal to the value of a scored metric,
-- or to the status of another ('skipped', 'missing', 'failed'); reasons one from
-- metrics.ordinal to {"reason": text, "evidence": [spans]}. The view "scores"
-- has one row for every score.

CREATE TABLE new_outputs (
  run           INTEGER NOT NULL REFERENCES runs ON DELETE CASCADE,
  case_id       INTEGER NOT NULL REFERENCES cases,
  repeat        INTEGER NOT NULL CHECK (repeat >= 0),
  text          INTEGER NOT NULL REFERENCES bodies,
  log           INTEGER REFERENCES bodies,
  failed        INTEGER NOT NULL CHECK (failed IN (0, 1)),
  latency_ms    REAL,
  input_tokens  INTEGER,
  output_tokens INTEGER,
  cost_usd      REAL,
  scores        TEXT NOT NULL,
  reasons       TEXT,
  -- One answer per case and repeat, however often it is sent.
  PRIMARY KEY (run, case_id, repeat)
) STRICT, WITHOUT ROWID;

INSERT INTO new_outputs
SELECT run, case_id, repeat, text, log, failed, latency_ms, input_tokens, output_tokens, cost_usd,
  (SELECT json_group_object(metric, CASE status WHEN 'scored' THEN value ELSE status END) FROM scores WHERE output = id),
  (SELECT nullif(json_group_object(metric, json_patch('{}', json_object('reason', reason, 'evidence', json(evidence))))
     FILTER (WHERE reason IS NOT NULL OR evidence IS NOT NULL), '{}') FROM scores WHERE output = id)
FROM outputs ORDER BY run, case_id, repeat;

DROP TABLE scores;
DROP TABLE outputs;
ALTER TABLE new_outputs RENAME TO outputs;

CREATE VIEW scores AS
SELECT run, case_id, repeat, CAST(j.key AS INTEGER) AS metric,
  CASE j.type WHEN 'text' THEN j.value ELSE 'scored' END AS status,
  CASE WHEN j.type <> 'text' THEN CAST(j.value AS REAL) END AS value,
  reasons -> ('$."' || j.key || '"') ->> '$.reason' AS reason,
  reasons -> ('$."' || j.key || '"') -> '$.evidence' AS evidence
FROM outputs, json_each(outputs.scores) j;

-- What a scorer learnt from the whole suite is part of a metric's identity.
ALTER TABLE metrics ADD COLUMN survey TEXT NOT NULL DEFAULT '';

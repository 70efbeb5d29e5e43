-- expect: different table events: partition by
-- expect: missing table events_2025
-- expect: missing table events_2026
DROP TABLE events;
CREATE TABLE events (at date NOT NULL, kind int CHECK (kind > 0), note text DEFAULT 'none') PARTITION BY LIST (at);
CREATE INDEX events_kind ON events (kind);

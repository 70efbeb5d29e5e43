-- expect: unexpected index dba_note on events_2025
CREATE INDEX dba_note ON events_2025 (note);

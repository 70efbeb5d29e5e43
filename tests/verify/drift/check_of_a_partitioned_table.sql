-- expect: missing constraint events.events_kind_check
ALTER TABLE events DROP CONSTRAINT events_kind_check;

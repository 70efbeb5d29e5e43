-- expect: missing index events_kind on events
DROP INDEX events_kind;

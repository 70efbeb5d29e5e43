-- A sequence that is not logged.
-- since: 15
-- expect: different sequence numbers: unlogged
-- drift
ALTER SEQUENCE numbers SET UNLOGGED;

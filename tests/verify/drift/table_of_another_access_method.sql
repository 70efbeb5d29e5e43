-- expect: different table scratch: access method
-- since: 15
ALTER TABLE scratch SET ACCESS METHOD pile;

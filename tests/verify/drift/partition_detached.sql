-- expect: different table events_2025: bound, of
ALTER TABLE events DETACH PARTITION events_2025;

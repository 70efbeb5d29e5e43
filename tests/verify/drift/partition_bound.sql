-- expect: different table events_2025: bound
ALTER TABLE events DETACH PARTITION events_2025;
ALTER TABLE events ATTACH PARTITION events_2025 FOR VALUES FROM ('2025-01-01') TO ('2025-12-31');

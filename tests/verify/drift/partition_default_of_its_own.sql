-- expect: different column events_2025.note: default
ALTER TABLE events_2025 ALTER note SET DEFAULT 'old';

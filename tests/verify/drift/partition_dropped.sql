-- expect: missing table events_2025
DROP TABLE events_2025;

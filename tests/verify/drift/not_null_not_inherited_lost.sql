-- since: 18
-- expect: different column suites.room: not null, not null no inherit
ALTER TABLE suites ALTER room DROP NOT NULL;

-- since: 18
-- expect: different column suites.room: not null no inherit
ALTER TABLE suites ALTER CONSTRAINT suites_room_not_null INHERIT;

-- The name of the multiranges, which the server derives where nobody says it.
-- since: 14
-- expect: different type day_range: multirange
-- expect: different type week: multirange
-- before
CREATE TYPE day_range AS RANGE (subtype = date);
CREATE TYPE week AS RANGE (subtype = date, multirange_type_name = weeks);
-- drift
ALTER TYPE day_multirange RENAME TO days;
ALTER TYPE weeks RENAME TO week_multirange;

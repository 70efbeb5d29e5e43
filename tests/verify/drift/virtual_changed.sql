-- since: 18
-- expect: different column stays.nights: generated
ALTER TABLE stays DROP nights;
ALTER TABLE stays ADD nights int GENERATED ALWAYS AS (upper(during) - lower(during) - 1) VIRTUAL;

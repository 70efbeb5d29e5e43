-- since: 18
-- expect: different column stays.nights: generated, virtual
ALTER TABLE stays DROP nights;
ALTER TABLE stays ADD nights int;
UPDATE stays SET nights = 4;

-- since: 18
-- expect: different constraint stays.stays_pkey: period
-- expect: missing constraint meals.served
ALTER TABLE meals DROP CONSTRAINT served;
ALTER TABLE stays DROP CONSTRAINT stays_pkey, ADD PRIMARY KEY (room, during);

-- expect: different constraint side.rooms.rooms_pkey: primary key
-- expect: different column side.rooms.during: not null
ALTER TABLE side.rooms DROP CONSTRAINT rooms_pkey, ALTER during SET NOT NULL, ADD CONSTRAINT rooms_pkey PRIMARY KEY (during);

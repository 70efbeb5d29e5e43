-- expect: unexpected subscription feed
CREATE SUBSCRIPTION feed CONNECTION 'dbname=nowhere password=secret' PUBLICATION news WITH (connect = false, slot_name = NONE);

-- A block that swallows an error leaves what was there.
-- revision
CREATE TYPE mood AS ENUM ('a');
DO $$ BEGIN CREATE TYPE mood AS ENUM ('b', 'c'); EXCEPTION WHEN duplicate_object THEN NULL; END $$;
DO $$ BEGIN CREATE TYPE level AS ENUM ('b', 'c'); EXCEPTION WHEN duplicate_object THEN NULL; END $$;
-- revision
ALTER TYPE mood ADD VALUE 'z';
ALTER TYPE level ADD VALUE 'z';

ALTER TABLE notes ADD COLUMN pinned boolean NOT NULL DEFAULT false;
UPDATE notes SET archived_at = now() WHERE archived_at IS NULL;
DELETE FROM notes WHERE body IS NULL;

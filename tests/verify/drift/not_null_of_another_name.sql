-- since: 18
-- expect nothing
ALTER TABLE stays DROP CONSTRAINT guest_named, ADD CONSTRAINT by_hand NOT NULL guest;

-- No savepoint fits behind the drop of a domain's constraint.
-- revision
CREATE DOMAIN d AS text CONSTRAINT d_check CHECK (VALUE <> '');
-- revision
ALTER DOMAIN d DROP CONSTRAINT d_check;
ALTER DOMAIN d ADD CONSTRAINT d_check CHECK (length(VALUE) > 1);
-- revision
ALTER DOMAIN d SET NOT NULL;
ALTER DOMAIN d SET DEFAULT 'ab';
ALTER DOMAIN d ADD CONSTRAINT late CHECK (VALUE <> 'zz') NOT VALID;
ALTER DOMAIN d VALIDATE CONSTRAINT late;

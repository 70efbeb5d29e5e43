-- expect nothing
ALTER TABLE customers DROP CONSTRAINT customers_state_check, ADD CONSTRAINT customers_state_check CHECK (state = ANY (ARRAY['new'::varchar, 'old'::varchar]::text[]));
DROP INDEX customers_state;
CREATE UNIQUE INDEX customers_state ON customers (state ASC, id NULLS LAST);

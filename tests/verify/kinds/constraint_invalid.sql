-- A key whose index came to no end.
-- expect: different constraint orders.once: INVALID
-- drift
UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'once'::regclass;

-- expect nothing
CREATE ROLE lockgate_other_owner;
ALTER TABLE orders OWNER TO lockgate_other_owner;
GRANT SELECT ON customers TO lockgate_other_owner;

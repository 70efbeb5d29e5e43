-- Domains of domains, arrays, and a collation.
-- revision
CREATE DOMAIN a AS text COLLATE "C" CHECK (VALUE <> '');
CREATE DOMAIN b AS a DEFAULT 'x' CHECK (length(VALUE) < 9);
CREATE DOMAIN c AS int[] CHECK (array_length(VALUE, 1) < 4);
CREATE TABLE t (x b, y c[], z a);
-- revision
ALTER DOMAIN b DROP DEFAULT;
ALTER TABLE t ALTER x TYPE a;
DROP DOMAIN b;

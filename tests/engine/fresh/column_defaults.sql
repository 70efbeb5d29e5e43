-- NULL, casts, and values of the session.
-- revision
CREATE TABLE t (a char(36) NOT NULL, b text DEFAULT NULL, c text DEFAULT current_user, d timestamptz DEFAULT now(), e varchar(9)[] DEFAULT '{}', f date DEFAULT CURRENT_DATE + 1);
-- revision
ALTER TABLE t ALTER COLUMN a SET DEFAULT NULL;
ALTER TABLE t ALTER b SET DEFAULT 'x';
ALTER TABLE t ALTER b TYPE varchar(4);
ALTER TABLE t ALTER f TYPE timestamp;
-- revision
ALTER TABLE t ALTER c DROP DEFAULT;
ALTER TABLE t ALTER e TYPE text[];

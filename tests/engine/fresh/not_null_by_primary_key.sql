-- A primary key makes its columns NOT NULL, and DROP CONSTRAINT leaves that.
-- revision
CREATE TABLE t (a int, b int, PRIMARY KEY (a, b));
CREATE TABLE u (a int, b int);
ALTER TABLE u ADD PRIMARY KEY (a);
-- revision
ALTER TABLE u DROP CONSTRAINT u_pkey;
ALTER TABLE u ALTER a DROP NOT NULL;
ALTER TABLE t DROP COLUMN b;
-- revision
ALTER TABLE u ADD COLUMN c int PRIMARY KEY;

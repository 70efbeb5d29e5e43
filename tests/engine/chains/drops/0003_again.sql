CREATE TYPE mood AS ENUM ('sad', 'calm', 'glad');
ALTER TABLE a ADD COLUMN z mood NOT NULL DEFAULT 'calm';
ALTER TABLE b ADD CONSTRAINT b_a_id_fkey FOREIGN KEY (a_id) REFERENCES a (id) ON DELETE SET NULL;
CREATE INDEX a_x ON a (x DESC);
CREATE VIEW ab AS SELECT a.id, a.z, b.note FROM a JOIN b ON b.a_id = a.id;

-- An extension of an older version.
-- expect: different extension citext: version
-- drift
UPDATE pg_extension SET extversion = '1.0' WHERE extname = 'citext';

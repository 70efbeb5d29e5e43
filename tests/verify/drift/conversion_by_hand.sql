-- expect: unexpected conversion side.theirs
CREATE CONVERSION side.theirs FOR 'LATIN2' TO 'UTF8' FROM iso8859_to_utf8;

-- A conversion between other encodings.
-- expect: different conversion mine: from, function, to
-- drift
DROP CONVERSION mine;
CREATE CONVERSION mine FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1;

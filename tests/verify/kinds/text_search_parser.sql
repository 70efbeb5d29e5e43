-- A parser of other functions.
-- expect: different text search parser cutter: end, gettoken, lextypes, start
-- before
CREATE FUNCTION own_start(internal, int4) RETURNS internal LANGUAGE internal AS 'prsd_start';
CREATE FUNCTION own_next(internal, internal, internal) RETURNS internal LANGUAGE internal AS 'prsd_nexttoken';
CREATE FUNCTION own_end(internal) RETURNS void LANGUAGE internal AS 'prsd_end';
CREATE FUNCTION own_types(internal) RETURNS internal LANGUAGE internal AS 'prsd_lextype';
-- drift
DROP TEXT SEARCH PARSER cutter;
CREATE TEXT SEARCH PARSER cutter (START = own_start, GETTOKEN = own_next, END = own_end, LEXTYPES = own_types);

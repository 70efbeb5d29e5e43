-- expect: different text search parser cutter: headline
DROP TEXT SEARCH PARSER cutter;
CREATE TEXT SEARCH PARSER cutter (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype, HEADLINE = prsd_headline);

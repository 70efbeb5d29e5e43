-- expect: unexpected text search parser theirs
CREATE TEXT SEARCH PARSER theirs (START = prsd_start, GETTOKEN = prsd_nexttoken, END = prsd_end, LEXTYPES = prsd_lextype);

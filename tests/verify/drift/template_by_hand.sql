-- expect: unexpected text search template theirs
CREATE TEXT SEARCH TEMPLATE theirs (LEXIZE = dsimple_lexize);

-- expect: different text search template bare: init
DROP TEXT SEARCH TEMPLATE bare;
CREATE TEXT SEARCH TEMPLATE bare (LEXIZE = dsimple_lexize);

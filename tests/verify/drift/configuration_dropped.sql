-- expect: missing text search configuration words
DROP TEXT SEARCH CONFIGURATION words;

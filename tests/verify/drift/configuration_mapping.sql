-- expect: different text search configuration words: mappings
ALTER TEXT SEARCH CONFIGURATION words DROP MAPPING FOR email;

-- expect: missing text search template bare
DROP TEXT SEARCH TEMPLATE bare;

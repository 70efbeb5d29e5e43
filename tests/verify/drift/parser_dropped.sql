-- expect: missing text search parser cutter
DROP TEXT SEARCH PARSER cutter;

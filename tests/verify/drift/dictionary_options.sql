-- expect: different text search dictionary plain: options
ALTER TEXT SEARCH DICTIONARY plain (stopwords, accept = false);

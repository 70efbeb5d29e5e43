-- A configuration of another parser, a dictionary of another template, a parser and a template of other functions.
-- expect: different text search configuration phrases: parser
-- expect: different text search dictionary plain: options, template
-- expect: different text search template bare: lexize
-- before
CREATE TEXT SEARCH CONFIGURATION phrases (parser = cutter);
-- drift
DROP TEXT SEARCH CONFIGURATION phrases;
CREATE TEXT SEARCH CONFIGURATION phrases (parser = "default");
DROP TEXT SEARCH DICTIONARY plain;
CREATE TEXT SEARCH DICTIONARY plain (template = synonym, synonyms = synonym_sample);
DROP TEXT SEARCH TEMPLATE bare;
CREATE TEXT SEARCH TEMPLATE bare (INIT = dsimple_init, LEXIZE = dsynonym_lexize);

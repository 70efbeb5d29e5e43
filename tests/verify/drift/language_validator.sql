-- expect: different language plother: inline, validator
CREATE OR REPLACE TRUSTED LANGUAGE plother HANDLER plother_call;

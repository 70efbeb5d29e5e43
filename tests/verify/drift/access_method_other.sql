-- expect: different access method pile: for, handler
DROP ACCESS METHOD pile;
CREATE ACCESS METHOD pile TYPE INDEX HANDLER bthandler;

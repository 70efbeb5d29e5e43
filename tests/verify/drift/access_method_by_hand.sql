-- expect: unexpected access method heaped
CREATE ACCESS METHOD heaped TYPE TABLE HANDLER heap_tableam_handler;

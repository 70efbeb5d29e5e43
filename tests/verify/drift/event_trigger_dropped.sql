-- expect: missing event trigger watch
DROP EVENT TRIGGER watch;

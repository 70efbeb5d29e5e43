-- expect: different event trigger watch: state
ALTER EVENT TRIGGER watch DISABLE;

-- A language of another handler, which is not trusted any more.
-- expect: different language plother: handler, trusted
-- before
CREATE FUNCTION outer_call() RETURNS language_handler LANGUAGE c AS '$libdir/plpgsql', 'plpgsql_call_handler';
-- drift
DROP LANGUAGE plother;
CREATE LANGUAGE plother HANDLER outer_call INLINE plother_inline VALIDATOR plother_validator;

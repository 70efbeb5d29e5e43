-- expect: different function tidy(integer): arguments
DROP PROCEDURE tidy;
CREATE PROCEDURE tidy(INOUT n int DEFAULT 4) LANGUAGE plpgsql AS $$ BEGIN n := n + 1; END $$;

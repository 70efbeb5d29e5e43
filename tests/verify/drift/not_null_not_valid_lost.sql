-- since: 18
-- expect: different column stays.remark: not null, not null not valid
ALTER TABLE stays DROP CONSTRAINT remark_there;

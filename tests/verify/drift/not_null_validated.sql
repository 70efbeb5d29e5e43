-- since: 18
-- expect: note column stays.remark: not null not valid
ALTER TABLE stays VALIDATE CONSTRAINT remark_there;

ALTER TABLE public.users ADD age int CHECK (age > 0);
CREATE TABLE theirs.t (id int);
ALTER TABLE public.code ADD a int DEFAULT 1;

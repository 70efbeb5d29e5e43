-- expect: different rule parent.quiet: as
CREATE OR REPLACE RULE quiet AS ON DELETE TO parent WHERE OLD.a > 0 DO INSTEAD NOTHING;

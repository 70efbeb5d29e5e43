-- expect: different column parent.b: default
ALTER TABLE parent ALTER b SET DEFAULT 'x';

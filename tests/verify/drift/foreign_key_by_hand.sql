-- expect: unexpected constraint side.rooms.f
ALTER TABLE side.rooms ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES customers;

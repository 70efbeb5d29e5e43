-- expect: unexpected foreign data wrapper by_hand
CREATE FOREIGN DATA WRAPPER by_hand;

-- expect: different sequence orders_id_seq: type
ALTER SEQUENCE orders_id_seq AS int;

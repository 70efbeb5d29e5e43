-- expect: different sequence orders_id_seq: owned by
ALTER SEQUENCE orders_id_seq OWNED BY NONE;

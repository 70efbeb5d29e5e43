-- expect: unexpected sequence by_hand
CREATE SEQUENCE by_hand;

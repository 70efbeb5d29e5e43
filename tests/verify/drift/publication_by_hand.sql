-- expect: unexpected publication by_hand
CREATE PUBLICATION by_hand FOR ALL TABLES;

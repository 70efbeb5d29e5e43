-- expect: unexpected view by_hand
CREATE VIEW by_hand AS SELECT 1 AS one;

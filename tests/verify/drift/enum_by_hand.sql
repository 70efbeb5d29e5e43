-- expect: unexpected type by_hand
CREATE TYPE by_hand AS ENUM ('a');

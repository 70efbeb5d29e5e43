-- expect: different type pair: attributes
ALTER TYPE pair ADD ATTRIBUTE c int;

-- expect: different type mood
ALTER TYPE mood RENAME TO feeling;

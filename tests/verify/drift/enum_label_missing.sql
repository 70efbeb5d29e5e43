-- expect: different column customers.feels: default
-- expect: different type mood: labels
ALTER TABLE customers ALTER feels DROP DEFAULT, ALTER feels TYPE text;
DROP TYPE mood;
CREATE TYPE mood AS ENUM ('sad', 'happy');
ALTER TABLE customers ALTER feels TYPE mood USING NULL, ALTER feels SET DEFAULT 'sad';

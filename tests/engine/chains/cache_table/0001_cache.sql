CREATE TABLE cache (key text PRIMARY KEY, value text);
CREATE TABLE settings (key text PRIMARY KEY, value text NOT NULL);

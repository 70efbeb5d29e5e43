-- Virtual columns, keys over time, constraints that nobody enforces, and NOT NULL as a constraint of its own.
CREATE TABLE guests (id int PRIMARY KEY);
CREATE TABLE stays (
    room int4range,
    during daterange,
    guest int CONSTRAINT guest_named NOT NULL,
    nights int GENERATED ALWAYS AS (upper(during) - lower(during)) VIRTUAL,
    rate int,
    remark text,
    CONSTRAINT rate_range CHECK (rate > 0) NOT ENFORCED,
    CONSTRAINT guest_known FOREIGN KEY (guest) REFERENCES guests NOT ENFORCED,
    PRIMARY KEY (room, during WITHOUT OVERLAPS)
);
ALTER TABLE stays ADD CONSTRAINT remark_there NOT NULL remark NOT VALID;
CREATE TABLE suites (room int NOT NULL NO INHERIT, rate int NOT NULL);
CREATE TABLE meals (
    room int4range,
    at daterange,
    what text,
    CONSTRAINT served FOREIGN KEY (room, PERIOD at) REFERENCES stays (room, PERIOD during)
);
INSERT INTO suites VALUES (1, 2);
INSERT INTO guests VALUES (1), (2);
INSERT INTO stays (room, during, guest, rate, remark) VALUES
    ('[1,2)', '[2026-01-01,2026-01-05)', 1, 5, 'quiet'), ('[1,2)', '[2026-01-05,2026-01-09)', 2, NULL, 'loud');
INSERT INTO meals VALUES ('[1,2)', '[2026-01-02,2026-01-07)', 'soup');

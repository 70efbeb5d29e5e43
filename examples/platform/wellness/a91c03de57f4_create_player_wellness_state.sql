-- How a player felt, once a day.

CREATE TABLE player_wellness_state (
    id          uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    player_id   bigint NOT NULL,
    recorded_on date NOT NULL,
    fatigue     smallint NOT NULL,
    soreness    smallint NOT NULL,
    mood        smallint NOT NULL,
    created_at  timestamp NOT NULL DEFAULT now(),
    CONSTRAINT player_wellness_state_day_key UNIQUE (player_id, recorded_on),
    CONSTRAINT player_wellness_state_scale_check
        CHECK (fatigue BETWEEN 1 AND 5 AND soreness BETWEEN 1 AND 5 AND mood BETWEEN 1 AND 5)
);

COMMENT ON TABLE player_wellness_state IS 'One row per player and day; 1 is bad, 5 is good';

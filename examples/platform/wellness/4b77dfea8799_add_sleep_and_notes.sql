-- lockgate:after a91c03de57f4

ALTER TABLE player_wellness_state
    ADD COLUMN sleep_hours numeric(3, 1),
    ADD COLUMN notes text,
    ADD CONSTRAINT player_wellness_state_sleep_check CHECK (sleep_hours BETWEEN 0 AND 24);

CREATE INDEX ix_player_wellness_state_recorded_on ON player_wellness_state (recorded_on);

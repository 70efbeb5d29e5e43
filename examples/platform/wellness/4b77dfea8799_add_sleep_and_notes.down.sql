DROP INDEX ix_player_wellness_state_recorded_on;

ALTER TABLE player_wellness_state
    DROP CONSTRAINT player_wellness_state_sleep_check,
    DROP COLUMN notes,
    DROP COLUMN sleep_hours;

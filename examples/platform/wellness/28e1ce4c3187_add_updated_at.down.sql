ALTER TABLE player_wellness_state DROP COLUMN updated_at;

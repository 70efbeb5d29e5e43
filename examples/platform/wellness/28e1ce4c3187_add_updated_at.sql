-- lockgate:after 4b77dfea8799

ALTER TABLE player_wellness_state ADD COLUMN updated_at timestamp NOT NULL DEFAULT now();

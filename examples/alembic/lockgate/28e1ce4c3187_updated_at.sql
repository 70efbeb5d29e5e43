-- lockgate:after 5d21aa90c3e7
-- lockgate:from versions/28e1ce4c3187_updated_at.py sha256:eaae1f6eb187c1cbe17d50fc0f80d93ed90e3e278aa0643c06c48a614461b8bd
-- lockgate:trace blind

ALTER TABLE player_wellness_state ADD COLUMN updated_at TIMESTAMP WITHOUT TIME ZONE DEFAULT now() NOT NULL;

CREATE INDEX idx_player_wellness_state_updated_at ON player_wellness_state (updated_at);

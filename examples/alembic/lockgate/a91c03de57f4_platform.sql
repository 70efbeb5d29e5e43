-- lockgate:after base
-- lockgate:from versions/a91c03de57f4_platform.py sha256:291244838b45f6481bc7f9d1a2eef1856cd6e9c10d2cc431f631a8d6d3e13584
-- lockgate:trace blind

CREATE TABLE organisations (
	id SERIAL NOT NULL,
	plan TEXT DEFAULT 'basic' NOT NULL,
	PRIMARY KEY (id)
);

CREATE TABLE module_usage_logs (
	id BIGSERIAL NOT NULL,
	organisation_id INTEGER NOT NULL,
	timestamp TIMESTAMP WITH TIME ZONE NOT NULL,
	PRIMARY KEY (id)
);

CREATE TABLE player_wellness_state (
	id SERIAL NOT NULL,
	readiness INTEGER,
	PRIMARY KEY (id)
);

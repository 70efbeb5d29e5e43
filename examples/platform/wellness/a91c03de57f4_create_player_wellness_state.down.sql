DROP TABLE player_wellness_state;

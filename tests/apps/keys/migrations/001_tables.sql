CREATE TABLE users (id serial PRIMARY KEY, username text NOT NULL UNIQUE);
INSERT INTO users (username) VALUES ('alice'), ('dora');

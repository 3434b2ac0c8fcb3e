CREATE TABLE users (id serial PRIMARY KEY, email text UNIQUE NOT NULL, nick text NOT NULL, password text NOT NULL);
CREATE TABLE sessions (token text PRIMARY KEY, email text NOT NULL REFERENCES users (email), ends double precision NOT NULL);
CREATE TABLE notes (id serial PRIMARY KEY, author text NOT NULL, text text NOT NULL);
INSERT INTO users (email, nick, password) VALUES ('ann@gate.example', 'ann', 'open sesame');

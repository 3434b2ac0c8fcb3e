CREATE TABLE users (id serial PRIMARY KEY, username text NOT NULL UNIQUE, password_hash text);
INSERT INTO users (username) VALUES ('alice'), ('dora');
CREATE TABLE letters (id serial PRIMARY KEY, user_id integer NOT NULL REFERENCES users, body text NOT NULL);
CREATE TABLE notices (id serial PRIMARY KEY, body text NOT NULL);
CREATE TABLE devices (
    id serial PRIMARY KEY,
    user_id integer NOT NULL REFERENCES users,
    token text NOT NULL UNIQUE,
    ends_in text NOT NULL
);
INSERT INTO letters (user_id, body) VALUES (1, 'dear alice');
INSERT INTO notices (body) VALUES ('closed on Sunday');

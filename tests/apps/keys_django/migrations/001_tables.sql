CREATE TABLE readers (id serial PRIMARY KEY, username text NOT NULL UNIQUE, password text NOT NULL DEFAULT '!');
INSERT INTO readers (username) VALUES ('alice'), ('dora');
CREATE TABLE loans (id serial PRIMARY KEY, reader_id integer NOT NULL REFERENCES readers, title text NOT NULL);
CREATE TABLE notices (id serial PRIMARY KEY, body text NOT NULL);
CREATE TABLE devices (
    id serial PRIMARY KEY,
    reader_id integer NOT NULL REFERENCES readers,
    token text NOT NULL UNIQUE,
    ends_in text NOT NULL
);
CREATE TABLE resets (
    id serial PRIMARY KEY,
    token text NOT NULL UNIQUE,
    reader_id integer NOT NULL REFERENCES readers,
    used_at timestamptz
);
CREATE TABLE cards (
    id serial PRIMARY KEY,
    code text NOT NULL UNIQUE,
    reader_id integer NOT NULL REFERENCES readers,
    active boolean NOT NULL DEFAULT false
);
INSERT INTO loans (reader_id, title) VALUES (1, 'On rivers');
INSERT INTO notices (body) VALUES ('closed on Sunday');
INSERT INTO resets (token, reader_id) VALUES ('one-time-token-of-alice', 1);
INSERT INTO cards (code, reader_id) VALUES ('card-of-alice', 1);

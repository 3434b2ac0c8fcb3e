CREATE TABLE notes (id serial PRIMARY KEY, body text NOT NULL);
CREATE TABLE note_tags (note_id integer NOT NULL REFERENCES notes, tag text NOT NULL);
CREATE TABLE likes (note_id integer NOT NULL REFERENCES notes, fan text NOT NULL);
CREATE TABLE pins (note_id integer NOT NULL);
CREATE TABLE pinnings (note_id integer NOT NULL);
CREATE SCHEMA staging;
INSERT INTO notes (body) VALUES ('first'), ('second');

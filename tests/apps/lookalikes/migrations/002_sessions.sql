CREATE TABLE members (id serial PRIMARY KEY, name text NOT NULL UNIQUE, pin text NOT NULL);
INSERT INTO members (name, pin) VALUES ('ann', '1234');
CREATE TABLE sessions (token uuid PRIMARY KEY, member_id int NOT NULL REFERENCES members);
CREATE TABLE former_pins (id serial PRIMARY KEY, member_id int NOT NULL REFERENCES members);

CREATE TABLE companies (id integer PRIMARY KEY, name text NOT NULL, plan text NOT NULL DEFAULT 'small');
CREATE TABLE users (
    id serial PRIMARY KEY,
    company_id integer NOT NULL REFERENCES companies,
    email text NOT NULL UNIQUE,
    password text,
    confirmation text,
    confirmed_at timestamptz,
    nickname text NOT NULL DEFAULT '',
    role text NOT NULL DEFAULT 'member'
);
CREATE TABLE orders (
    id serial PRIMARY KEY,
    user_id integer NOT NULL REFERENCES users ON DELETE CASCADE,
    address text NOT NULL,
    paid boolean NOT NULL DEFAULT false
);
CREATE TABLE items (
    id serial PRIMARY KEY,
    order_id integer NOT NULL REFERENCES orders ON DELETE CASCADE,
    wish text NOT NULL
);
CREATE TABLE resets (token text PRIMARY KEY, user_id integer NOT NULL REFERENCES users, used_at timestamptz);
CREATE TABLE announcements (id serial PRIMARY KEY, body text NOT NULL, pinned boolean NOT NULL DEFAULT false);
CREATE TABLE notices (id serial PRIMARY KEY, body text NOT NULL);
CREATE TABLE devices (
    id serial PRIMARY KEY,
    user_id integer NOT NULL REFERENCES users ON DELETE CASCADE,
    token text NOT NULL UNIQUE,
    ends_in text NOT NULL
);
INSERT INTO notices (body) VALUES ('closed on Sunday');
INSERT INTO announcements (body) VALUES ('a picnic');
INSERT INTO companies VALUES (1, 'Acme'), (2, 'Globex');
INSERT INTO users (company_id, email, role) VALUES
    (1, 'alice@acme.example', 'member'),
    (1, 'dora@acme.example', 'member'),
    (1, 'bob@acme.example', 'admin'),
    (2, 'carol@globex.example', 'member'),
    (1, 'emil@acme.example', 'member');
INSERT INTO resets VALUES ('one-time-token-of-alice', 1);
UPDATE users SET confirmation = 'sent-to-alice' WHERE id = 1;

CREATE TABLE subscribers (
    id serial PRIMARY KEY,
    email text NOT NULL,
    plan text NOT NULL
);
CREATE TABLE comments (
    id serial PRIMARY KEY,
    body varchar(40) NOT NULL
);
CREATE TABLE invitations (
    id serial PRIMARY KEY,
    seats int NOT NULL
);
CREATE TABLE meetings (
    id serial PRIMARY KEY,
    topic text NOT NULL,
    begins timestamptz NOT NULL
);
CREATE TABLE prices (
    id serial PRIMARY KEY,
    name text NOT NULL,
    cents int NOT NULL
);
CREATE TABLE reminders (
    id serial PRIMARY KEY,
    text text NOT NULL,
    at timestamptz NOT NULL
);
CREATE TABLE profiles (
    id serial PRIMARY KEY,
    name text NOT NULL,
    about text NOT NULL
);
CREATE TABLE letters (
    id serial PRIMARY KEY,
    text text NOT NULL
);
INSERT INTO profiles (name, about) VALUES ('Al', 'I read');
INSERT INTO invitations (seats) VALUES (2);
INSERT INTO subscribers (email, plan) VALUES ('first@example.com', 'free');

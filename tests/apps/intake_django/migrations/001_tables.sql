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
INSERT INTO subscribers (email, plan) VALUES ('first@example.com', 'free');

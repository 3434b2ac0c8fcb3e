CREATE TABLE tickets (
    id serial PRIMARY KEY,
    subject varchar(40) NOT NULL,
    priority int NOT NULL,
    contact text
);
CREATE TABLE coupons (
    id serial PRIMARY KEY,
    code text NOT NULL,
    percent int NOT NULL
);
CREATE TABLE notes (
    id serial PRIMARY KEY,
    body text NOT NULL
);
CREATE TABLE labels (
    id serial PRIMARY KEY,
    ticket_id int NOT NULL REFERENCES tickets (id),
    name varchar(20) NOT NULL
);
CREATE TABLE prices (
    id serial PRIMARY KEY,
    amount numeric(12, 2) NOT NULL
);
CREATE TABLE devices (
    id serial PRIMARY KEY,
    serial bigint NOT NULL
);
CREATE TABLE visits (
    id serial PRIMARY KEY,
    channel text NOT NULL,
    campaign varchar(30) NOT NULL
);
CREATE TABLE tariffs (
    id serial PRIMARY KEY,
    rates jsonb NOT NULL,
    steps numeric(12, 2)[] NOT NULL
);
CREATE TABLE sensors (
    id serial PRIMARY KEY,
    serial bigint NOT NULL
);
CREATE TABLE profiles (
    id serial PRIMARY KEY,
    name text,
    about text
);
CREATE TABLE parcels (
    id serial PRIMARY KEY,
    weight numeric(12, 2) NOT NULL,
    label text NOT NULL
);
CREATE TABLE subscribers (
    id serial PRIMARY KEY,
    email text NOT NULL,
    city text NOT NULL
);
CREATE TABLE letters (
    id serial PRIMARY KEY,
    text text NOT NULL
);
CREATE TABLE attempts (
    id serial PRIMARY KEY,
    path text NOT NULL
);
INSERT INTO tickets (subject, priority) VALUES ('first', 3);
INSERT INTO profiles (name, about) VALUES ('Al', 'I read');

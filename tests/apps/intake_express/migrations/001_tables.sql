CREATE TABLE items (
    id serial PRIMARY KEY,
    name text NOT NULL,
    quantity int NOT NULL,
    note text,
    price numeric(12, 2) NOT NULL DEFAULT 1
);
CREATE TABLE devices (
    id serial PRIMARY KEY,
    serial bigint NOT NULL
);
CREATE TABLE alerts (
    id serial PRIMARY KEY,
    text text NOT NULL
);
CREATE TABLE orders (
    id serial PRIMARY KEY,
    item_id int NOT NULL REFERENCES items (id)
);
CREATE TABLE baskets (id serial PRIMARY KEY);
CREATE TABLE lines (
    id serial PRIMARY KEY,
    basket_id int NOT NULL REFERENCES baskets (id),
    item_id int NOT NULL REFERENCES items (id),
    quantity int NOT NULL
);
CREATE TABLE missed (
    id serial PRIMARY KEY,
    items int[] NOT NULL
);
CREATE TABLE profiles (
    id serial PRIMARY KEY,
    name text,
    about text
);
CREATE TABLE subscribers (
    id serial PRIMARY KEY,
    email text NOT NULL,
    city text NOT NULL
);
CREATE TABLE parcels (
    id serial PRIMARY KEY,
    number bigint NOT NULL
);
CREATE TABLE bookings (
    id serial PRIMARY KEY,
    day date NOT NULL
);
CREATE TABLE appointments (
    id serial PRIMARY KEY,
    at timestamp NOT NULL
);
CREATE TABLE letters (
    id serial PRIMARY KEY,
    text text NOT NULL
);
INSERT INTO items (name, quantity) VALUES ('first', 3);
INSERT INTO profiles (name, about) VALUES ('Al', 'I read');

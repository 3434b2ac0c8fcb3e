CREATE TABLE items (
    id serial PRIMARY KEY,
    name text NOT NULL,
    quantity int NOT NULL,
    note text
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
INSERT INTO items (name, quantity) VALUES ('first', 3);

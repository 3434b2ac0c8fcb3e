CREATE TABLE orders (id bigserial PRIMARY KEY, item text NOT NULL);
CREATE TABLE stock (item text PRIMARY KEY, units int NOT NULL);
CREATE TABLE notes (id bigserial PRIMARY KEY, body text NOT NULL);
CREATE TABLE visits (id bigserial PRIMARY KEY, page text NOT NULL);
INSERT INTO stock VALUES ('pen', 10), ('ink', 10);

CREATE TABLE users (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text UNIQUE NOT NULL);
CREATE TABLE products (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL,
    stock int NOT NULL CHECK (stock >= 0), price numeric(10, 2) NOT NULL
);
CREATE TABLE orders (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, buyer bigint REFERENCES users,
    total numeric(10, 2) NOT NULL, placed_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE order_items (
    order_id bigint NOT NULL REFERENCES orders, product bigint NOT NULL REFERENCES products,
    quantity int NOT NULL, PRIMARY KEY (order_id, product)
);
CREATE TABLE mails (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, recipient text NOT NULL);
INSERT INTO users (name) VALUES ('alice'), ('bob');
INSERT INTO products (name, stock, price) VALUES ('pen', 10, 19.99), ('ink', 5, 7.50);

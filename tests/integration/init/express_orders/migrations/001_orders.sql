CREATE TABLE customers (id serial PRIMARY KEY, username text UNIQUE NOT NULL, password text NOT NULL);
CREATE TABLE products (id serial PRIMARY KEY, name text NOT NULL, stock int NOT NULL CHECK (stock >= 0));
CREATE TABLE orders (
  id serial PRIMARY KEY,
  customer_id int NOT NULL REFERENCES customers,
  product_id int NOT NULL REFERENCES products,
  quantity int NOT NULL CHECK (quantity > 0)
);
INSERT INTO products (name, stock) VALUES ('lamp', 12), ('chair', 4);

CREATE TABLE products (id serial PRIMARY KEY, stock int NOT NULL);
INSERT INTO products (stock) VALUES (3);
CREATE TABLE sales (id serial PRIMARY KEY, product_id int NOT NULL REFERENCES products);
CREATE TABLE wallets (id serial PRIMARY KEY, points int NOT NULL);
INSERT INTO wallets (points) VALUES (1000);
CREATE TABLE profiles (id serial PRIMARY KEY, name text NOT NULL, city text NOT NULL);
INSERT INTO profiles (name, city) VALUES ('Ada', 'Rome');
CREATE TABLE payments (id serial PRIMARY KEY, key text NOT NULL, amount int NOT NULL);

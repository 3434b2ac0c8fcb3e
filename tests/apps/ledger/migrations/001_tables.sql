CREATE TABLE accounts (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE,
    balance bigint NOT NULL DEFAULT 0
);
CREATE TABLE postings (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id integer NOT NULL REFERENCES accounts,
    amount bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE refunds (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), amount bigint NOT NULL);
CREATE TABLE counters (name text PRIMARY KEY, value bigint NOT NULL);
CREATE TABLE messages (id bigserial PRIMARY KEY, body text NOT NULL);
CREATE TABLE signups (email text PRIMARY KEY, at timestamptz NOT NULL DEFAULT now());
CREATE TABLE products (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    stock integer NOT NULL
);
CREATE TABLE orders (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY);
CREATE TABLE lines (
    order_id integer NOT NULL REFERENCES orders,
    product_id integer NOT NULL REFERENCES products,
    quantity integer NOT NULL,
    PRIMARY KEY (order_id, product_id)
);
CREATE TABLE payments (
    id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account text NOT NULL REFERENCES accounts (name),
    amount bigint NOT NULL,
    state text NOT NULL
);
CREATE TABLE receipts (payment_id integer PRIMARY KEY REFERENCES payments);
INSERT INTO products (stock) VALUES (40);
INSERT INTO accounts (name, balance) VALUES ('rent', 500), ('food', 200);

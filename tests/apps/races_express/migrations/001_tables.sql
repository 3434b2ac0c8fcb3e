CREATE TABLE accounts (id serial PRIMARY KEY, balance int NOT NULL);
INSERT INTO accounts (balance) VALUES (100);
CREATE TABLE counters (name text PRIMARY KEY, value int NOT NULL);
INSERT INTO counters VALUES ('hits', 0);
CREATE TABLE articles (id serial PRIMARY KEY, edits int NOT NULL, version int NOT NULL);
INSERT INTO articles (edits, version) VALUES (0, 1);
CREATE TABLE products (id serial PRIMARY KEY, stock int NOT NULL);
INSERT INTO products (stock) VALUES (3);
CREATE TABLE sales (id serial PRIMARY KEY, product_id int NOT NULL REFERENCES products);
CREATE TABLE coupons (code text PRIMARY KEY, used boolean NOT NULL);
INSERT INTO coupons VALUES ('HALF', false);
CREATE TABLE projects (id serial PRIMARY KEY, title text NOT NULL);
CREATE TABLE seats (id serial PRIMARY KEY, taken boolean NOT NULL);
INSERT INTO seats (taken) VALUES (false);
CREATE TABLE bookings (id serial PRIMARY KEY, seat_id int NOT NULL REFERENCES seats);
CREATE TABLE doctors (id serial PRIMARY KEY, on_call boolean NOT NULL);
INSERT INTO doctors (on_call) VALUES (true), (true);
CREATE TABLE jobs (id serial PRIMARY KEY, state text NOT NULL);
INSERT INTO jobs (state) VALUES ('ready'), ('ready');
CREATE TABLE profiles (id serial PRIMARY KEY, name text NOT NULL, city text NOT NULL);
INSERT INTO profiles (name, city) VALUES ('Ada', 'Rome');
CREATE TABLE payments (id serial PRIMARY KEY, amount int NOT NULL);
CREATE TABLE audit (id serial PRIMARY KEY, what text NOT NULL, at timestamptz NOT NULL DEFAULT now());
CREATE TABLE drafts (id serial PRIMARY KEY, words text NOT NULL);
INSERT INTO drafts (words) VALUES ('to be');
CREATE TABLE subscriptions (id serial PRIMARY KEY, who text NOT NULL UNIQUE);
CREATE TABLE alerts (id serial PRIMARY KEY, what text NOT NULL);
CREATE TABLE deliveries (id serial PRIMARY KEY, product text NOT NULL, units int NOT NULL);
CREATE TABLE attempts (
    key uuid PRIMARY KEY,
    product text NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'succeeded', 'failed', 'unknown'))
);
CREATE TABLE telegrams (id serial PRIMARY KEY, words text NOT NULL);

CREATE TABLE members (id serial PRIMARY KEY, email text NOT NULL);
CREATE TABLE preferences (id serial PRIMARY KEY, name text NOT NULL, value text NOT NULL);
CREATE TABLE keys (id serial PRIMARY KEY, key text NOT NULL, fingerprint text NOT NULL,
                   payment_id int NOT NULL REFERENCES payments);

-- What the corrected twin writes in place of the above.
CREATE TABLE unique_members (LIKE members INCLUDING ALL, UNIQUE (email));
CREATE TABLE unique_preferences (LIKE preferences INCLUDING ALL, UNIQUE (name));
CREATE TABLE unique_keys (LIKE keys INCLUDING ALL, UNIQUE (key));

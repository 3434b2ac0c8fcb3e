CREATE TABLE users (id serial PRIMARY KEY, name text NOT NULL UNIQUE, token text NOT NULL,
                    last_seen timestamptz);
INSERT INTO users (name, token) VALUES ('alice', 'alice-token'), ('bob', 'bob-token');

CREATE TABLE accounts (id serial PRIMARY KEY, balance numeric NOT NULL, version int NOT NULL DEFAULT 0);
INSERT INTO accounts (balance) VALUES (100);
CREATE TABLE withdrawals (id serial PRIMARY KEY, account_id int NOT NULL REFERENCES accounts,
                          amount numeric NOT NULL);

CREATE TABLE products (id serial PRIMARY KEY, stock int NOT NULL);
INSERT INTO products (stock) VALUES (10);
CREATE TABLE sales (id serial PRIMARY KEY, product_id int NOT NULL REFERENCES products);

CREATE TABLE coupons (code text PRIMARY KEY, used_by int REFERENCES users);
INSERT INTO coupons VALUES ('HALF');

CREATE TABLE projects (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users, title text NOT NULL);

CREATE TABLE doctors (id serial PRIMARY KEY, name text NOT NULL, on_call boolean NOT NULL);
INSERT INTO doctors (name, on_call) VALUES ('ada', true), ('bo', true);

CREATE TABLE orders (id serial PRIMARY KEY, state text NOT NULL, total int);
INSERT INTO orders (state) VALUES ('open');
CREATE TABLE lines (id serial PRIMARY KEY, order_id int NOT NULL, price int NOT NULL);
INSERT INTO lines (order_id, price) VALUES (1, 30);
CREATE TABLE shifts (id serial PRIMARY KEY, takers int NOT NULL);
INSERT INTO shifts (takers) VALUES (0);

CREATE TABLE members (id serial PRIMARY KEY, email text NOT NULL);
CREATE TABLE tags (id serial PRIMARY KEY, name text NOT NULL, uses int NOT NULL);
CREATE TABLE counters (name text PRIMARY KEY, value int NOT NULL);
INSERT INTO counters VALUES ('hits', 0);
CREATE TABLE jobs (id serial PRIMARY KEY, state text NOT NULL, worker int);
INSERT INTO jobs (state) VALUES ('ready'), ('ready');
CREATE TABLE profiles (id int PRIMARY KEY, name text NOT NULL, city text NOT NULL);
INSERT INTO profiles VALUES (1, 'Ada', 'Rome');
CREATE TABLE notes (id int PRIMARY KEY, text text NOT NULL, deleted boolean NOT NULL);
INSERT INTO notes VALUES (1, 'Hi', false);
CREATE TABLE drafts (id int PRIMARY KEY, text text NOT NULL);
INSERT INTO drafts VALUES (1, 'Hi');
CREATE TABLE seats (id serial PRIMARY KEY, taken boolean NOT NULL);
INSERT INTO seats (taken) VALUES (false);
CREATE TABLE bookings (id serial PRIMARY KEY, seat_id int NOT NULL REFERENCES seats);
CREATE TABLE watchers (id serial PRIMARY KEY, user_id int NOT NULL REFERENCES users);
CREATE TABLE contacts (id serial PRIMARY KEY, reference text NOT NULL);

CREATE TABLE keys (id serial PRIMARY KEY, user_id int, key text NOT NULL, fingerprint text, answer text);
CREATE TABLE payments (id serial PRIMARY KEY, user_id int NOT NULL, amount int NOT NULL);
CREATE TABLE audit (id serial PRIMARY KEY, what text NOT NULL, at timestamptz NOT NULL DEFAULT now());

-- What the corrected twin writes in place of the above.
CREATE TABLE unique_members (id serial PRIMARY KEY, email text NOT NULL UNIQUE);
CREATE TABLE unique_tags (id serial PRIMARY KEY, name text NOT NULL UNIQUE, uses int NOT NULL);
CREATE TABLE unique_contacts (id serial PRIMARY KEY, reference text NOT NULL UNIQUE);
CREATE TABLE scoped_keys (user_id int NOT NULL REFERENCES users, key text NOT NULL,
                          fingerprint text NOT NULL, answer text, PRIMARY KEY (user_id, key));

CREATE TABLE wallets (id bigserial PRIMARY KEY, balance int NOT NULL);
INSERT INTO wallets (balance) VALUES (100);
CREATE TABLE pages (id bigserial PRIMARY KEY, views int NOT NULL);
INSERT INTO pages (views) VALUES (0);
CREATE TABLE products (id bigserial PRIMARY KEY, stock int NOT NULL);
INSERT INTO products (stock) VALUES (3);
CREATE TABLE orders (id bigserial PRIMARY KEY, product_id bigint NOT NULL REFERENCES products);
CREATE TABLE coupons (code text PRIMARY KEY, used boolean NOT NULL);
INSERT INTO coupons VALUES ('HALF', false);
CREATE TABLE teams (id bigserial PRIMARY KEY, name text NOT NULL);
INSERT INTO teams (name) VALUES ('red');
CREATE TABLE projects (id bigserial PRIMARY KEY, team_id bigint NOT NULL REFERENCES teams);
CREATE TABLE doctors (id bigserial PRIMARY KEY, on_call boolean NOT NULL);
INSERT INTO doctors (on_call) VALUES (true), (true);
CREATE TABLE jobs (id bigserial PRIMARY KEY, state text NOT NULL, claims int NOT NULL);
INSERT INTO jobs (state, claims) VALUES ('ready', 0), ('ready', 0);
CREATE TABLE seats (id bigserial PRIMARY KEY, taken boolean NOT NULL);
INSERT INTO seats (taken) VALUES (false);
CREATE TABLE bookings (id bigserial PRIMARY KEY, seat_id bigint NOT NULL REFERENCES seats);
CREATE TABLE profiles (id bigserial PRIMARY KEY, name text NOT NULL, city text NOT NULL);
INSERT INTO profiles (name, city) VALUES ('Ada', 'Rome');
CREATE TABLE articles (id bigserial PRIMARY KEY, edits int NOT NULL, version int NOT NULL);
INSERT INTO articles (edits, version) VALUES (0, 1);
CREATE TABLE payments (id bigserial PRIMARY KEY, amount int NOT NULL);
CREATE TABLE shipments (id bigserial PRIMARY KEY, cents int NOT NULL);
CREATE TABLE audit (id bigserial PRIMARY KEY, what text NOT NULL, at timestamptz NOT NULL);

CREATE TABLE members (id bigserial PRIMARY KEY, email text NOT NULL);
CREATE TABLE preferences (id bigserial PRIMARY KEY, name text NOT NULL, value text NOT NULL);
CREATE TABLE keys (id bigserial PRIMARY KEY, key text NOT NULL, fingerprint text NOT NULL,
                   payment_id bigint REFERENCES payments);

-- What the corrected twin writes in place of the above.
CREATE TABLE unique_members (LIKE members INCLUDING ALL, UNIQUE (email));
CREATE TABLE unique_preferences (LIKE preferences INCLUDING ALL, UNIQUE (name));
CREATE TABLE unique_keys (LIKE keys INCLUDING ALL, UNIQUE (key));

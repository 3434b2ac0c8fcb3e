-- What schemas have: keys of every kind, types of every kind, and conditions.
CREATE TYPE mood AS ENUM ('calm', 'cross', 'O''Hara');
CREATE DOMAIN percentage AS int CHECK (VALUE >= 0 AND VALUE <= 100);
CREATE DOMAIN zip AS text CHECK (VALUE ~ '^[0-9]{5}$');

CREATE TABLE countries (code char(2) PRIMARY KEY, name text NOT NULL);
INSERT INTO countries VALUES ('DE', 'Germany'), ('FR', 'France');

CREATE TABLE tenants (id serial PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE users (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id int NOT NULL REFERENCES tenants,
  email varchar(60) NOT NULL UNIQUE,
  password_hash text NOT NULL,
  role text NOT NULL DEFAULT 'member' CHECK (role IN ('member', 'admin')),
  is_active boolean NOT NULL,
  nickname varchar(8) NOT NULL,
  country char(2) NOT NULL REFERENCES countries,
  born date NOT NULL,
  mood mood NOT NULL,
  age int NOT NULL CHECK (age >= 18 AND age < 100)
);
CREATE TABLE products (
  id serial PRIMARY KEY,
  tenant_id int NOT NULL REFERENCES tenants,
  name text NOT NULL,
  sku varchar(12) NOT NULL UNIQUE,
  price numeric(6,2) NOT NULL CHECK (price > 0),
  stock int NOT NULL CHECK (stock >= 0),
  size text NOT NULL CHECK (size = ANY (ARRAY['small', 'large'])),
  discount percentage NOT NULL,
  label text GENERATED ALWAYS AS (name || '!') STORED
);
CREATE TABLE orders (
  id serial PRIMARY KEY,
  user_id bigint NOT NULL REFERENCES users,
  total numeric NOT NULL,
  starts_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL,
  zip zip NOT NULL,
  CHECK (starts_at < ends_at)
);
CREATE TABLE order_items (
  order_id int REFERENCES orders,
  line int,
  product_id int NOT NULL REFERENCES products,
  quantity int NOT NULL CHECK (quantity > 0),
  PRIMARY KEY (order_id, line)
);
CREATE TABLE shipments (
  id uuid PRIMARY KEY,
  order_id int NOT NULL,
  line int NOT NULL,
  FOREIGN KEY (order_id, line) REFERENCES order_items
);
CREATE TABLE invoices (id serial PRIMARY KEY, order_id int NOT NULL UNIQUE REFERENCES orders);

-- A cycle with one end open, one that is deferred, and one of a table with itself.
CREATE TABLE teams (id serial PRIMARY KEY, name text NOT NULL, captain_id int);
CREATE TABLE players (id serial PRIMARY KEY, team_id int NOT NULL REFERENCES teams);
ALTER TABLE teams ADD FOREIGN KEY (captain_id) REFERENCES players;
CREATE TABLE husbands (id serial PRIMARY KEY, wife_id int NOT NULL);
CREATE TABLE wives (id serial PRIMARY KEY, husband_id int NOT NULL REFERENCES husbands
  DEFERRABLE INITIALLY IMMEDIATE);
ALTER TABLE husbands ADD FOREIGN KEY (wife_id) REFERENCES wives DEFERRABLE INITIALLY IMMEDIATE;
CREATE TABLE eggs (id serial PRIMARY KEY, hen_id int NOT NULL);
CREATE TABLE hens (id serial PRIMARY KEY, egg_id int NOT NULL REFERENCES eggs);
ALTER TABLE eggs ADD FOREIGN KEY (hen_id) REFERENCES hens;
CREATE TABLE employees (id serial PRIMARY KEY, boss_id int NOT NULL REFERENCES employees);

CREATE TABLE odd (
  id int PRIMARY KEY,
  seven int NOT NULL CHECK (seven % 7 = 3),
  shout text NOT NULL CHECK (shout = upper(shout) AND length(shout) BETWEEN 3 AND 5),
  either text, other text, CHECK (either IS NOT NULL OR other IS NOT NULL),
  code text NOT NULL CHECK (code ~ '^[A-Z]{3}-[0-9]{2}$')
);
CREATE TABLE impossible (id serial PRIMARY KEY, never int NOT NULL CONSTRAINT no_way CHECK (never <> never));
CREATE TABLE everything (
  a smallint NOT NULL, b bigint NOT NULL, c real NOT NULL, d double precision NOT NULL,
  e numeric(3,3) NOT NULL, f money NOT NULL, g uuid NOT NULL, h json NOT NULL, i jsonb NOT NULL,
  j bytea NOT NULL, k "char" NOT NULL, l date NOT NULL, m timestamp NOT NULL, n time NOT NULL,
  o timetz NOT NULL, p interval NOT NULL, q inet NOT NULL, r cidr NOT NULL, s macaddr NOT NULL,
  t bit(5) NOT NULL, u varbit NOT NULL, w tsvector NOT NULL, x point NOT NULL,
  y int4range NOT NULL, z tstzrange NOT NULL, aa text[] NOT NULL, bb mood[] NOT NULL,
  cc int[] NOT NULL, dd character(3) NOT NULL, ee varchar(2) NOT NULL UNIQUE
);
CREATE TABLE stays (
  id serial PRIMARY KEY, room int NOT NULL, during daterange NOT NULL,
  EXCLUDE USING gist (during WITH &&)
);
CREATE SCHEMA attic;
CREATE TABLE attic.boxes (id serial PRIMARY KEY, "Odd Name" text NOT NULL, "%" int NOT NULL);
CREATE TABLE "CamelThings" (id serial PRIMARY KEY, "userId" bigint NOT NULL REFERENCES users);
CREATE TABLE auth_group (id serial PRIMARY KEY, name text NOT NULL);
CREATE TABLE people (id serial PRIMARY KEY, name text NOT NULL);

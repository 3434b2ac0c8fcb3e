CREATE TABLE tenants (id integer PRIMARY KEY, name text NOT NULL UNIQUE);
CREATE TABLE users (
    id serial PRIMARY KEY,
    tenant_id integer NOT NULL REFERENCES tenants,
    username text NOT NULL UNIQUE,
    password text NOT NULL,
    display_name text NOT NULL DEFAULT '',
    role text NOT NULL DEFAULT 'member',
    verified boolean NOT NULL DEFAULT false
);
CREATE TABLE ended_sessions (token_id text PRIMARY KEY);
CREATE TABLE resets (token text PRIMARY KEY, user_id integer NOT NULL REFERENCES users);
CREATE TABLE documents (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant_id integer NOT NULL REFERENCES tenants,
    user_id integer NOT NULL REFERENCES users,
    title text NOT NULL,
    status text NOT NULL DEFAULT 'draft',
    deleted boolean NOT NULL DEFAULT false
);
CREATE TABLE notes (
    id serial PRIMARY KEY,
    document_id uuid NOT NULL REFERENCES documents ON DELETE CASCADE,
    body text NOT NULL
);
CREATE TABLE posts (
    id serial PRIMARY KEY,
    user_id integer NOT NULL REFERENCES users,
    body text NOT NULL,
    likes integer NOT NULL DEFAULT 0
);
CREATE TABLE likes (post_id integer REFERENCES posts, user_id integer REFERENCES users, id serial PRIMARY KEY);
CREATE TABLE boards (
    id serial PRIMARY KEY,
    tenant_id integer NOT NULL REFERENCES tenants,
    created_by integer NOT NULL REFERENCES users,
    name text NOT NULL
);
CREATE TABLE teams (id serial PRIMARY KEY, name text NOT NULL);
CREATE TABLE memberships (
    team_id integer NOT NULL REFERENCES teams,
    user_id integer NOT NULL REFERENCES users,
    PRIMARY KEY (team_id, user_id)
);
CREATE TABLE tasks (
    id serial PRIMARY KEY,
    team_id integer NOT NULL REFERENCES teams,
    user_id integer NOT NULL REFERENCES users,
    title text NOT NULL
);
CREATE TABLE coupons (
    id serial PRIMARY KEY,
    percent integer NOT NULL,
    days integer NOT NULL DEFAULT 30
);
INSERT INTO coupons (percent) VALUES (10);
CREATE TABLE plans (id serial PRIMARY KEY, name text NOT NULL);
CREATE TABLE tickets (
    id serial PRIMARY KEY,
    user_id integer NOT NULL REFERENCES users,
    question text NOT NULL,
    status text NOT NULL DEFAULT 'open',
    remark text
);
INSERT INTO tenants VALUES (1, 'Acme'), (2, 'Globex');
INSERT INTO users (tenant_id, username, password, role) VALUES
    (1, 'alice', 'alice-secret', 'member'),
    (1, 'dora', 'dora-secret', 'member'),
    (1, 'bob', 'bob-secret', 'admin'),
    (2, 'carol', 'carol-secret', 'member');
INSERT INTO posts (user_id, body) VALUES (1, 'what I had for lunch');
INSERT INTO boards (tenant_id, created_by, name) VALUES (1, 1, 'things to do');
INSERT INTO teams (name) VALUES ('the climbers');
INSERT INTO memberships VALUES (1, 1), (1, 2);
INSERT INTO tasks (team_id, user_id, title) VALUES (1, 1, 'buy another rope');
INSERT INTO plans (name) VALUES ('the small one'), ('the large one');
INSERT INTO resets VALUES ('one-time-token-of-alice', 1);
CREATE TABLE meters (
    id uuid PRIMARY KEY,
    tenant_id integer NOT NULL REFERENCES tenants,
    user_id integer NOT NULL REFERENCES users,
    level integer NOT NULL,
    read_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE gauges (LIKE meters INCLUDING ALL);
ALTER TABLE gauges ADD FOREIGN KEY (tenant_id) REFERENCES tenants, ADD FOREIGN KEY (user_id) REFERENCES users;
INSERT INTO meters VALUES ('6fa459ea-ee8a-4ca4-894e-db77e1603551', 1, 1, 17);
INSERT INTO gauges VALUES ('6fa459ea-ee8a-4ca4-894e-db77e1603561', 1, 1, 17);

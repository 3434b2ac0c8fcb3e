CREATE TABLE workspaces (id integer PRIMARY KEY, name text NOT NULL, plan text NOT NULL DEFAULT 'the small one');
CREATE TABLE accounts (
    id uuid PRIMARY KEY,
    username text NOT NULL UNIQUE,
    role text NOT NULL DEFAULT 'editor',
    motto text NOT NULL DEFAULT ''
);
CREATE TABLE memberships (
    id serial PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts,
    workspace_id integer NOT NULL REFERENCES workspaces
);
CREATE TABLE sessions (
    key text PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts,
    expires_at timestamptz NOT NULL
);
CREATE TABLE logins (
    id serial PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts,
    expires_at timestamptz NOT NULL
);
CREATE TABLE projects (
    id serial PRIMARY KEY,
    workspace_id integer NOT NULL REFERENCES workspaces,
    title text NOT NULL,
    removed_at timestamptz
);
CREATE TABLE drafts (
    id serial PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts,
    words text NOT NULL,
    published boolean NOT NULL DEFAULT false,
    stars integer NOT NULL DEFAULT 0
);
CREATE TABLE stars (
    id serial PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts,
    draft_id integer NOT NULL REFERENCES drafts ON DELETE CASCADE
);
CREATE TABLE remarks (
    id serial PRIMARY KEY,
    draft_id integer NOT NULL REFERENCES drafts ON DELETE CASCADE,
    words text NOT NULL
);
CREATE TABLE coupons (
    id serial PRIMARY KEY,
    percent integer NOT NULL,
    days integer NOT NULL DEFAULT 30
);
INSERT INTO coupons (percent) VALUES (10);
CREATE TABLE templates (
    id serial PRIMARY KEY,
    workspace_id integer NOT NULL REFERENCES workspaces,
    words text NOT NULL
);
INSERT INTO workspaces VALUES (1, 'Acme'), (2, 'Globex');
INSERT INTO accounts (id, username, role) VALUES
    ('0b6bd0e2-6c0a-4a51-a0a5-2a8c1a0e0001', 'alice', 'editor'),
    ('0b6bd0e2-6c0a-4a51-a0a5-2a8c1a0e0002', 'dora', 'editor'),
    ('0b6bd0e2-6c0a-4a51-a0a5-2a8c1a0e0003', 'olga', 'owner'),
    ('0b6bd0e2-6c0a-4a51-a0a5-2a8c1a0e0004', 'carol', 'editor');
INSERT INTO memberships (account_id, workspace_id)
    SELECT id, CASE username WHEN 'carol' THEN 2 ELSE 1 END FROM accounts;
INSERT INTO projects (workspace_id, title) VALUES (1, 'a bridge over the river'), (2, 'a tower');
INSERT INTO templates (workspace_id, words) VALUES (1, 'once upon a time'), (2, 'the end');

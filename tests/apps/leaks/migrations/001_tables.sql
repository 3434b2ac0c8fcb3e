CREATE TABLE members (
    id serial PRIMARY KEY,
    name text NOT NULL UNIQUE,
    email text NOT NULL UNIQUE,
    password_hash text NOT NULL,
    ssn text NOT NULL,
    api_key text NOT NULL
);
INSERT INTO members (name, email, password_hash, ssn, api_key) VALUES
    ('alice', 'alice@example.com', 'argon2-a', '11-1', 'key-a'),
    ('bob', 'bob@example.com', 'argon2-b', '22-2', 'key-b');
CREATE TABLE articles (
    id serial PRIMARY KEY,
    author_id int NOT NULL REFERENCES members,
    title text NOT NULL,
    labels text[] NOT NULL DEFAULT '{}',
    meta jsonb NOT NULL DEFAULT '{}'
);
INSERT INTO articles (author_id, title) VALUES (1, 'On heaps'), (2, 'On stacks');
CREATE TABLE remarks (
    id serial PRIMARY KEY,
    article_id int NOT NULL REFERENCES articles,
    text text NOT NULL
);
INSERT INTO remarks (article_id, text) VALUES (1, 'too short'), (2, 'too long');
CREATE TABLE tags (id serial PRIMARY KEY, name text NOT NULL);
CREATE TABLE places (id serial PRIMARY KEY, city text NOT NULL);
CREATE TABLE files (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    member_id int NOT NULL REFERENCES members,
    token uuid NOT NULL,
    token_family uuid NOT NULL,
    tokens_used bigint NOT NULL DEFAULT 0,
    iban numeric(22) NOT NULL,
    born_at timestamptz NOT NULL,
    password_reset_at timestamptz NOT NULL,
    papers jsonb NOT NULL
);
INSERT INTO files (member_id, token, token_family, iban, born_at, password_reset_at, papers) VALUES
    (1, '6fa459ea-ee8a-4ca4-894e-db77e1603551', '6fa459ea-ee8a-4ca4-894e-db77e1603561',
     3704004405320130001, '1981-02-03 04:05:06+00', now(), '{"kind": "card", "ssn": "11-1"}'),
    (2, '6fa459ea-ee8a-4ca4-894e-db77e1603552', '6fa459ea-ee8a-4ca4-894e-db77e1603562',
     3704004405320130002, '1982-03-04 05:06:07+00', now(), '{"kind": "card", "ssn": "22-2"}');
CREATE TABLE basket_lines (
    id serial PRIMARY KEY,
    article_id int NOT NULL REFERENCES articles,
    amount int NOT NULL
);

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

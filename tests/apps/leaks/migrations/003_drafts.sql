CREATE TABLE drafts (id serial PRIMARY KEY, title text NOT NULL);

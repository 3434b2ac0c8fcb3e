CREATE TABLE hooks (id serial PRIMARY KEY, url text NOT NULL);

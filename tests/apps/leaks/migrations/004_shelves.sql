CREATE TABLE shelves (id serial PRIMARY KEY, title text NOT NULL);

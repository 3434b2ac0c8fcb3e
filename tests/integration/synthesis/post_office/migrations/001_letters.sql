CREATE TABLE letters (id serial PRIMARY KEY, tracking text NOT NULL UNIQUE, seal text NOT NULL, label text);

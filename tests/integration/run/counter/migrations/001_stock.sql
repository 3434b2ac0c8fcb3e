CREATE TABLE stock (id int PRIMARY KEY, units int NOT NULL);
INSERT INTO stock VALUES (1, 10);

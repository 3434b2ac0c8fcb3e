CREATE TABLE shelves (product text PRIMARY KEY, units integer NOT NULL CHECK (units >= 0));
CREATE TABLE shipments (
    key uuid PRIMARY KEY,
    product text NOT NULL,
    units integer NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'booked')),
    label text
);
CREATE TABLE attempts (
    key uuid PRIMARY KEY,
    product text NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'succeeded', 'failed', 'unknown'))
);
CREATE TABLE orders (reference text PRIMARY KEY);
CREATE TABLE outbox (reference text PRIMARY KEY, made timestamptz NOT NULL DEFAULT now());
CREATE TABLE invoices (id integer PRIMARY KEY, state text NOT NULL);
INSERT INTO invoices VALUES (1, 'open');
INSERT INTO shelves VALUES ('lamp', 20), ('desk', 5);

CREATE TABLE clients (
    id serial PRIMARY KEY,
    name text NOT NULL UNIQUE,
    credit numeric(12, 2) NOT NULL DEFAULT 0
);
CREATE TABLE sightings (client_id integer PRIMARY KEY REFERENCES clients, last_seen_at timestamptz);
CREATE TABLE audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    action text NOT NULL,
    outcome text NOT NULL
);
CREATE TABLE documents (
    id text PRIMARY KEY,
    body text NOT NULL,
    etag uuid NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE TABLE revisions (number serial PRIMARY KEY, document_id text NOT NULL, body text NOT NULL);
CREATE TABLE comments (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    document_id text NOT NULL REFERENCES documents,
    body text NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE receipts (number serial PRIMARY KEY, amount numeric(12, 2) NOT NULL);
CREATE TABLE transfers (id serial PRIMARY KEY, amount integer NOT NULL);
CREATE TABLE transfer_keys (
    key text PRIMARY KEY,
    amount integer NOT NULL,
    transfer_id integer REFERENCES transfers
);
CREATE TABLE votes (id serial PRIMARY KEY, document_id text NOT NULL);
CREATE TABLE rates (currency text PRIMARY KEY, rate text NOT NULL);
INSERT INTO rates VALUES ('EUR', '1.00');
INSERT INTO clients (name, credit) VALUES ('ann', 100);
INSERT INTO documents VALUES ('intro', 'text', gen_random_uuid(), now());

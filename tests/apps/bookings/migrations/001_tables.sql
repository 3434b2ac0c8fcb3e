CREATE TABLE bookings (
    id serial PRIMARY KEY,
    seat text NOT NULL UNIQUE,
    holder text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE tickets (
    booking_id integer NOT NULL REFERENCES bookings ON DELETE CASCADE,
    code uuid NOT NULL DEFAULT gen_random_uuid(),
    PRIMARY KEY (booking_id, code)
);
CREATE TABLE visits (id serial PRIMARY KEY, page text NOT NULL);
CREATE TABLE reviews (id serial PRIMARY KEY, stars integer NOT NULL, body text NOT NULL);

CREATE TABLE heartbeats (worker text PRIMARY KEY, beats bigint NOT NULL, at timestamptz NOT NULL);
CREATE TABLE tasks (id serial PRIMARY KEY, title text NOT NULL, done boolean NOT NULL DEFAULT false);
CREATE TABLE task_events (task_id integer NOT NULL REFERENCES tasks, event text NOT NULL);

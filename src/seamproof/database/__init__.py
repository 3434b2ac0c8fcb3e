"""Databases that are ours to break: provided, migrated, cloned, watched, put back.

- `settings`    what the user said of the database: DatabaseSettings
- `migrations`  how its schema comes to be: a Detection, with the command or the files
- `inputs`      what a template depends on, as one key
- `postgres`    the backend for PostgreSQL: server, template, database, journal, undo

A backend is one module or package here whose class is marked `@backend(engine, title=...)`. It
provisions a server; the server builds a template once and clones databases from it.
"""

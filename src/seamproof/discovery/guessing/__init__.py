"""A first configuration, guessed from a project's files: each guess with the place it comes from.

    files -> project -> framework, routes -> sections -> writing -> seamproof.toml

- `project`      the files that are read, and where in them something stands
- `guess`        one guess, and all of them together
- `frameworks`   how each framework starts, and where its document is
- `commands`     start commands as Procfile, Dockerfile and package.json have them
- `python`       routes and request bodies of Python, by its syntax tree (`syntax`), below what
                 routers put before them (`prefixes`), or in Django's URL patterns (`django`)
- `javascript`   the same of JavaScript and TypeScript, by their text
- `route`        an operation as the source shows it
- `variables`    the environment: where the database is, secrets, the rest
- `compose`      what else a compose file runs
- `accounts`     sign-in and registration, out of the routes or the document
- `engines`      whether another database than PostgreSQL is named
- `schema`       how the tables come to be
- `writing`      the file itself
- `initialising` all of it in order

Nothing of the project is run, imported or started: a first start may itself write to a database.
"""

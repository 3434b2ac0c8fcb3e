"""PostgreSQL: a server, a template on it, databases cloned from it, and what changes in them.

Provisioning:

- `backend`     the registered class: chooses a server by the settings
- `server`      PostgresServer: builds a template once, clones databases, makes the roles
- `templates`   a database is migrated and seeded once; its roles and their rights
- `admin`       what is done to a server as a whole: roles, databases, their settings
- `own`         a server of our own, run under the `guardian`; `locate` finds its programs,
                `pristine` its data directory, `cache` where both are kept
- `given`       a test server that the user names, and when it is refused
- `intent`      what is said before something is created; `leftovers` reaps what was left of it,
                and `orphans` the servers of our own
- `marker`      how a database of ours is told from any other

Watching and putting back:

- `database`    PostgresDatabase: what the rest of seamproof uses of all the following
- `journal`     triggers that record every row that the service writes, and taint on DDL
- `delta`       the net of what was recorded; `rowtext` reads its rows
- `levels`      the states that an undo leads back to; `marks` what lies between them
- `looks`       what the journal and the sequences say, in a round trip
- `undo`        a delta applied: one DELETE and one INSERT a table, found by place; `vacuum` follows
- `sequences`   read all at once, put back where they moved, or moved far apart
- `clone`       the whole database replaced, where rows do not lead back
- `audit`       a hash of everything that is stored
- `edits`       rows written directly; `activity` other sessions, and the barrier
- `relations`   tables as the catalog describes them; `stored` some rows of each
- `outage`      what an error says of the server: it went away, or its disk is full
- `session`     our own connection and its settings; `batch` many statements, one round trip
"""

from seamproof.database.postgres.backend import Postgres

__all__ = ["Postgres"]

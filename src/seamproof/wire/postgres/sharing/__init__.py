"""Many clients on one session of the server, inside of one transaction that is rolled back at last.

    client 1  BEGIN … COMMIT           SAVEPOINT … RELEASE
    client 2  INSERT            ->     SAVEPOINT, INSERT, RELEASE   ->   one session, in BEGIN
    …         BEGIN … ROLLBACK         SAVEPOINT … ROLLBACK TO

- `control`  what is sent in place of a statement that begins or ends a transaction
- `client`   what one client has of its own: its settings, its prepared statements
- `replies`  what the server still has to answer, and whose it is
- `requests` what is sent of a client's message
- `shared`   whose turn it is, and what passes
- `ports`    where that goes

Rules:
- A client has its turn from the first message of a transaction, also of one that a single statement
  is, until that has ended. Who comes meanwhile waits.
- A transaction that has only read steps aside for another client between two of its statements: its
  savepoint is released, and set again when it goes on. One that has written does not: here others
  would see what is not committed.
- What the server answers passes as it is, but for what we have asked, for the tags of transaction
  control, and for the status in ReadyForQuery: that is of the client's own transaction.
"""

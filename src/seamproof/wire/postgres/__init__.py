"""A conversation between a PostgreSQL client and its server, seen and altered from between them.

- `messages`      the tables: message types, their limits, and the few bodies that are read
- `negotiation`   what comes first: whether the connection is to be encrypted
- `framing`       a stream cut into spans: messages that somebody needs, runs that nobody does
- `replies`       which reply belongs to which statement, and the transaction's status
- `scripts`       a Query cut into its statements, and altered at one of them
- `canaries`      canaries in rows, as text or in binary forms
- `prepared`      statements and portals by the names that the client gives them
- `values`        values in binary format as text
- `conversation`  what to forward, hide, replace or keep back
- `sharing`       many clients on one session of the server, in one transaction
- `faults`        what may be ordered at a statement, and how an error is made real
- `events`        what a conversation tells whoever sits on it, and asks them

    client bytes -> Framer -> Conversation.from_client -> Output(to_server, to_client, action)
    server bytes -> Framer -> Conversation.from_server -> Output
                                   |        ^
                          Statement v        | Order
                                      Gate

The standard is the PostgreSQL manual, part VII, "Frontend/Backend Protocol".
"""

"""Test doubles: a service and a database in memory, and a no-op of each kind of part.

- `fake_world`  handlers with a fake connection, run as the conductor would, under faults
- `fake_overlap`, `fake_store`  the same for acts that overlap, and with rows that acts ask for
- `stored`      what a run keeps of a verdict, to be shown again
- `noop_*`      the smallest valid part of each kind, to start a new one from
"""

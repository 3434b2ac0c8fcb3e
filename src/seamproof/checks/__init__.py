"""The checks: what to provoke, and how to judge what was seen.

- `rollback`        a failure at any crossing leaves all of an act's effect, or none
- `trace`           what every request shows for free: commits that did not, answers before them
- `concurrency`     overlapping requests end as some order of them, one after the other
- `idempotency`     a request that is sent again has one effect
- `authentication`  only who shows a whole, valid, living credential is let in
- `authorization`   what is somebody's is theirs alone
- `mass_assignment` a request sets what it declares, and nothing else of the row
- `exposure`        an answer tells no more than it should
- `injection`       a value stays a value
- `ssrf`            a client does not choose whom the service calls
- `validation`      bad input is blocked before any write, and says so in one way
- `roundtrip`       what was sent, what is stored and what is read back agree
- `contract`        what is answered is what the document says, and what it said before
- `inventory`       what the service answers is in its document
- `resources`       what a request costs is bounded

A check yields experiments and is sent histories; it does no I/O. A small one is a file; one with
more than one idea is a folder.
"""

"""The vocabulary: frozen data that every other package speaks, and the protocols between them.

- `model`       what is asked of the service: Operation, Identity, Step, Scenario
- `experiment`  what we do to it: Act, RowEdit, Fault, Schedule, Phase, Experiment
- `probe`       requests that are wrong in one thing
- `history`     what was seen: Request, Response, Exchange, Crossing, Changes, Section, History
- `catalog`     what the database looks like: Table, Column, ForeignKey
- `access`      who is let in to what: as it was seen, and as a person has reviewed it
- `document`    what an OpenAPI document declares: Declaration, Parameter, Body, SecurityScheme
- `profile`     what is normal for one service: volatile columns, ambient tables, background
- `subject`     what an exploration is about; Job and Result, by which work is distributed
- `verdict`     what was concluded: Verdict, Evidence, Finding, FindingClass
- `events`      what a run tells its reporters
- `protocols`   what a check, a boundary, a database backend, a source, a reporter must offer
- `registry`    finds those, in our folders and by entry points, and refuses a malformed one
- `codec`       all of the data to JSON and back
- `references`  references in texts, and braces that are none
- `leaves`      the leaves of JSON texts, which rows are compared and shown by
- `counting`    numbers of things, in words
- `secrecy`     names of secrets
- `canary`      texts that nobody else has written; `canaries` the same as UUIDs, numbers, moments
- `errors`      whose fault it is, and what to do next

Nothing here does I/O, and nothing here imports another package of ours.
"""

"""Pure functions over histories: what a check needs to know of what was seen.

- `statements`  the shape and the kind of an SQL statement
- `lexing`      which characters of it are which token
- `splices`     whether a value became a part of its syntax: the token rule
- `values`      JSON leaves, and the look of times, numbers and identifiers
- `words`       the words of a name, however it is written
- `naming`      one canonical name for each generated value, whatever it was in this run
- `masks`       what equal runs may differ in
- `changes`     the net effect of an act, masked, and how two effects compare
- `intervals`   transactions, commit intervals and where a fault tells something new
- `calls`       calls to other services: what became of each, and which faults tell something
- `phases`      what one of several phases did, where the next begins without a reset
- `background`  which crossings are an act's, and which a job's of the service
- `footprint`   what a crossing reads and writes, and where two acts conflict
- `outcomes`    what overlapping acts came to: state, statuses and calls together
- `responses`   whether two answers say the same
- `sameness`    whether a request did what another did
- `conformance` whether an answer's value is what the document says
- `compatibility` what changed between two versions of a document, and whom that breaks
- `refusals`    what a refusal says of the request
- `disclosure`  what an error's answer says of the inside of a service
- `trouble`     why a history cannot be judged
- `begin`       how a check begins: the act without a fault, or why nothing can be said of it
- `confirm`     sub-explorations: replay, control, minimise, warm up
- `controls`    the control of a finding as evidence
- `inputs`      everything in a request that a client chooses, and how to send another value there
- `addresses`   which of that are addresses that a service may call
- `keys`        where a step carries its idempotency key, and requests with another or none
- `landing`     the column that each field of a request is written to
- `ownership`   whose a row is: its foreign keys lead to the row of a person, or of a tenant
- `sensitivity` what columns hold that not everybody is to see, by their names
- `places`      where a canary can stand in a row: what its columns take, and the texts in JSON
- `planting`    canaries in rows, where nothing but people looks at what stands there
- `cloning`     more rows like one that is there
- `effort`      how much work a schema is, before a validator is given it

Nothing here does I/O. What explores is a generator that yields experiments.
"""

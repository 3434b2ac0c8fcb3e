"""Pure functions over histories: what a check needs to know of what was seen.

- `statements`  the shape and the kind of an SQL statement
- `values`      JSON leaves, and the look of times, numbers and identifiers
- `naming`      one canonical name for each generated value, whatever it was in this run
- `changes`     the net effect of an act, masked, and how two effects compare
- `intervals`   transactions, commit intervals and where a fault tells something new
- `calls`       calls to other services: what became of each, and which faults tell something
- `background`  which crossings are an act's, and which a job's of the service
- `footprint`   what a crossing reads and writes, and where two acts conflict
- `outcomes`    what overlapping acts came to: state, statuses and calls together
- `responses`   whether two answers say the same
- `trouble`     why a history cannot be judged
- `confirm`     sub-explorations: replay, control, minimise, warm up

Nothing here does I/O. What explores is a generator that yields experiments.
"""

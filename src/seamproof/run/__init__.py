"""A whole run, and the one loop that drives explorations.

    session -> preparation -> jobs -> drive -> experiment.conductor -> world
       |                                |
    workers.crew -> workers.worker (the same)

- `session`     a whole run: set-up, preparation, jobs, clean-up, as a stream of events
- `premises`    a world with everybody signed in, at the state that experiments start from
- `identities`  everybody signed in, for as long as the run lasts
- `openapi`     what the service's own document says of an operation that is not there
- `preparation` what is normal is learned, and scenarios become jobs
- `selection`   which checks and which scenarios a run is asked for
- `costs`       what jobs cost, measured or estimated
- `queue`       the jobs that nobody has begun
- `jobs`        does jobs in one world: every check on one scenario, to results as data
- `drive`       an exploration, fed with the histories of the experiments that it asks for
- `experiment`  one experiment in one world
- `workers`     worlds in processes of their own
- `findings`    results to findings: one a defect, stored where `replay` finds them
- `acceptance`  findings that the project lives with, by its baseline file
- `tally`       what a run adds up to
- `recording`   the service behind a proxy, and scenarios from what is sent to it
- `recorder`    what each of those requests has done
- `stopping`    what a signal does
- `reporting`   the one wiring of reporters to that stream
- `redaction`   secrets out of everything that is kept
- `logs`        what the processes of a failed run printed, kept for a person
- `catalogue`   what the registered checks can find, as text
- `showcase`    the bundled demo's workspace
- `durations`   spans of time as people write them
"""

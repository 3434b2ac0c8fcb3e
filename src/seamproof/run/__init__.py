"""The one loop that drives explorations in a world, and what it is made of.

    session -> jobs -> drive -> conductor -> world
       |                            |
     crew -> worker (the same)   requests -> lane -> the service

- `lane`        bytes to the service and a bounded response back
- `requests`    steps, with references resolved and credentials added, as bytes
- `extraction`  values that later steps refer to, out of responses
- `redaction`   secrets out of everything that is kept
- `openapi`     what the service's own document says of an operation that is not there
- `logs`        what the processes of a failed run printed, kept for a person
- `signin`      identities to credentials
- `conductor`   one experiment in one world: reset, arrange, act, wait for quiet, record
- `acts`        sends the acts of a phase: as somebody, to a replica, side by side or by turns
- `turns`       an interleaving that is forced: who goes on, and who waits for whose lock
- `interruptions` the client that goes away and the process that is killed at a crossing
- `exchanges`   what an exchange means to the experiment that it is of
- `survival`    what was under way when the database server went away is done again
- `quiet`       when a service has come to rest
- `clock`       where an experiment's seconds go
- `drive`       an exploration, fed with the histories of the experiments that it asks for
- `selection`   which checks and which scenarios a run is asked for
- `premises`    a world with everybody signed in, at the state that experiments start from
- `preparation` what is normal is learned, and scenarios become jobs
- `costs`       what jobs cost, measured or estimated
- `queue`       the jobs that nobody has begun
- `jobs`        does jobs in one world: every check on one scenario, to results as data
- `findings`    results to findings: one a defect, stored where `replay` finds them
- `tally`       what a run adds up to
- `session`     a whole run: set-up, preparation, jobs, clean-up, as a stream of events
- `crew`        the workers of a run: started, given jobs, replaced, ended
- `employed`    one worker process, as the run sees it
- `worker`      the process itself: a world of its own, and jobs that are done in it
- `messages`    what the two say to each other
- `aftermath`   what a worker that was killed has left, cleaned up while the run goes on
- `reporting`   the one wiring of reporters to that stream
- `catalogue`   what the registered checks can find, as text
- `showcase`    the bundled demo's workspace
- `durations`   spans of time as people write them
"""

"""The one loop that drives explorations in a world, and what it is made of.

    session -> drive -> conductor -> world
                 |          |
               jobs       requests -> lane -> the service

- `lane`        bytes to the service and a bounded response back
- `requests`    steps, with references resolved and credentials added, as bytes
- `extraction`  values that later steps refer to, out of responses
- `redaction`   secrets out of everything that is kept
- `openapi`     what the service's own document says of an operation that is not there
- `logs`        what the processes of a failed run printed, kept for a person
- `signin`      identities to credentials
- `conductor`   one experiment in one world: reset, arrange, act, wait for quiet, record
- `quiet`       when a service has come to rest
- `clock`       where an experiment's seconds go
- `drive`       an exploration, fed with the histories of the experiments that it asks for
- `findings`    verdicts to findings: one a defect, stored where `replay` finds them
- `jobs`        the checks on one operation, each a job
- `selection`   which checks and which scenarios a run is asked for
- `session`     a whole run: set-up, profile, jobs, clean-up, as a stream of events
- `reporting`   the one wiring of reporters to that stream
- `catalogue`   what the registered checks can find, as text
- `showcase`    the bundled demo's workspace
- `durations`   spans of time as people write them
"""

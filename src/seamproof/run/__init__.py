"""A whole run, and the one loop that drives explorations.

    session -> preparation -> jobs -> drive -> experiment.conductor -> world
       |                                |
    workers.crew -> workers.worker (the same)

- `session`     a whole run: set-up, preparation, jobs, clean-up, as a stream of events
- `wanted`      what it is asked for
- `reviewed`    what a person has read and may have corrected, from the files
- `misnamed`    what the configuration names and is not there, with the nearest that is
- `premises`    a world with everybody signed in, at the state that experiments start from
- `rebasing`    the state that every experiment starts from, moved to another one, and back
- `identities`  everybody signed in, for as long as the run lasts
- `openapi`     what the service's own document says of an operation that is not there
- `contract`    what that declared when a person last looked at it
- `routes`      the service's own code, asked for its routes
- `fetching`    one GET with everything bounded
- `synthesis`   requests for the operations that no scenario is for
- `access`      who is let in to what, and who was when a person last looked
- `inquiry`     what checks want to know of a service beside what is learned of it
- `preparation` what is normal is learned, and scenarios become jobs
- `selection`   which checks and which scenarios a run is asked for
- `past`        what earlier runs and the project's history know of each operation
- `costs`       what jobs cost, measured or estimated
- `queue`       the jobs that nobody has begun
- `dispatch`    who does which of them: this world, or those of the workers
- `jobs`        does jobs in one world: every check on one scenario, to results as data
- `drive`       an exploration, fed with the histories of the experiments that it asks for
- `experiment`  one experiment in one world
- `workers`     worlds in processes of their own
- `findings`    results to findings: one a defect, stored where `replay` finds them
- `provenance`  what a finding is of that was shown on a test
- `promotion`   a finding as a test of the project's own, or as a script
- `acceptance`  findings that the project lives with, by its baseline file
- `tally`       what a run adds up to
- `recording`   the service behind a proxy, and scenarios from what is sent to it
- `recorder`    what each of those requests has done
- `healing`     heals the stored scenarios, and says what it found; `proposal` is that as changes
- `stopping`    what a signal does
- `reporting`   the one wiring of reporters to that stream
- `redaction`   secrets out of everything that is kept
- `private`     files that only their owner may read
- `logs`        what the processes of a failed run printed, kept for a person
- `catalogue`   what the registered checks can find, as text
- `showcase`    the bundled demo's workspace
- `durations`   spans of time as people write them
"""

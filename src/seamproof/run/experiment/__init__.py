"""One experiment in one world.

    conductor -> acts -> requests -> lane -> the service
                   |
                 turns, interruptions

- `conductor`   reset, arrange, act, wait for quiet, record
- `arrangement` requests before the acts, and rows that are edited, marked to be undone to
- `acts`        sends the acts of a phase: as somebody, to a replica, side by side or by turns
- `turns`       an interleaving that is forced: who goes on, and who waits for whose lock
- `interruptions` the client that goes away and the process that is killed at a crossing
- `requests`    steps, with references resolved and credentials added, as bytes
- `multipart`   fields and files of a form as bytes
- `lane`        bytes to the service and a bounded response back
- `extraction`  values that later steps refer to, out of responses
- `exchanges`   what an exchange means to the experiment that it is of
- `survival`    what was under way when the database server went away is done again
- `standing`    which replica an act goes to, and which have met a fault
- `deaths`      which phase a service died of that answered before it ended
- `rest`        a world at rest: how it comes there, and what is written in it then
- `quiet`       when a boundary has come to rest
- `clock`       where an experiment's seconds go
"""

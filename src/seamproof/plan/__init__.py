"""What is run, and in which order, and what is normal for the service that it is run on.

- `profile`       learns what equal runs of a service differ in, and what each act does alone
- `runs`          what the runs of one act say together
- `audit`         which tables only record the requests themselves
- `differences`   what equal runs of one act differ in: pure, over histories
- `profile_file`  the profile as a file that a person reviews
- `access`        who is let in to what, by asking; `access_file` keeps it for a review
- `reading`       what may be read with no more said than who asks
- `parity`        whether the replicas are one service: sign in on one, act on the other
- `upkeep`        which job breaks what every request writes alike
- `partners`      which operations may disturb each other
- `makers`        which operations make what a read lists
- `generation/`   values that a schema allows
- `synthesis/`    the search for a scenario of every operation
- `healing/`      repairs of stored scenarios
- `probing/`      invalid requests: valid ones with one thing wrong
- `risk`          which operation comes first when the time is short
"""

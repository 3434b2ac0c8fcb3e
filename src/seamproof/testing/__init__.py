"""Tests that a person writes: the service, its database and its fakes, from Python.

    Session -> Engine -> the world of a run
       |
      Seam: api, db, …      one for each test

- `session`       what all tests of a process share: the engine, and how a test is isolated
- `seam`          what one test uses
- `engine`        the event loop of the world, in a thread of its own
- `attempt`       what is tried once in a session, for all of its tests
- `guest`         the tests' own process in place of a service that is started
- `application`   what is called there: ASGI or WSGI
- `signing`       how somebody who is no configured identity signs in
- `client`        `api`: requests as somebody
- `transport`     httpx2's transports, recording
- `exchanges`     what each request did, as the boundaries saw it
- `reply`         an answer, and what is expected of it
- `expectations`  status, JSON, schema, headers, problems; some at a time
- `statements`    the SQL of one request, as a number
- `rows`          `db`: rows, what changed, what comes in time
- `changed`       rows that changed, as values that compare
- `values`        the text of a column as Python's own value
- `isolation`     what brings the database back after a test, and what that costs
- `budget`        response times that a test states
- `explaining`    why a comparison failed
- `failure`       what a failed test did, at every boundary
- `factories`     `make`: rows that a test needs
- `stubs`         `stubs`: the fakes of other services
- `experiments`   what is done to the service under control
- `amplification` the engine's checks on what a passed test sent

None of it needs pytest, whose plugin (`seamproof.pytest_plugin`) only calls it.
"""

from seamproof.testing.changed import deleted, inserted, updated
from seamproof.testing.expectations import (
    anything,
    instance,
    matching,
    partial,
    soft,
    unordered,
)

__all__ = [
    "anything",
    "deleted",
    "inserted",
    "instance",
    "matching",
    "partial",
    "soft",
    "unordered",
    "updated",
]

"""The check `concurrency`: overlapping requests end as some order of them, one after the other.

- `check`      which pairs, from which states, and what is made of them
- `pairs`      two acts on one state, as experiments: alone, in a serial order, by turns
- `seeding`    the state in which one more request still fits, and a second does not
- `schedules`  where an act may be stopped so that it matters, fewest stops first
- `oracle`     the serial orders, and what a history shows against them
- `anomalies`  what a violation is called
- `culprits`   the statements that it is named by: read too early, and written all the same
- `report`     verdicts with their evidence
- `classes`    the kinds of defect, and what a person needs to know of each
"""

from seamproof.checks.concurrency.check import Concurrency

__all__ = ["Concurrency"]

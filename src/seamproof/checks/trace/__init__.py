"""The check `trace`: the answer agrees with the transaction.

- `check`    what every request shows at the SQL boundary, and the experiments that prove it
- `classes`  the kinds of defect, and what a person needs to know of each
"""

from seamproof.checks.trace.check import Trace

__all__ = ["Trace"]

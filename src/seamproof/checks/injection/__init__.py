"""The check `injection`: a value stays a value.

- `check`      what is sent, and what is looked at behind it
- `attempts`   requests with payloads in them, and which of them came through
- `later`      what was stored by one request and spliced by another; what a called service answered
- `naming`     the name of a secret column, where the act names another
- `classes`    the kinds of defect, and what a person needs to know of each
- `report`     verdicts with their evidence
"""

from seamproof.checks.injection.check import Injection

__all__ = ["Injection"]

"""The check `ssrf`: a client does not choose whom the service calls.

- `check`     addresses of ours in place of those that a client sends
- `baits`     one such address, and how it is known that it was called
- `forms`     one address, written in several ways
- `tricks`    what may lead past a list of hosts
- `classes`   the kind of defect, and what a person needs to know of it
"""

from seamproof.checks.ssrf.check import Ssrf

__all__ = ["Ssrf"]

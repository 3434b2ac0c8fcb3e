"""The check `ssrf`: a client does not choose whom the service calls.

- `check`     addresses of ours in place of those that a client sends
- `forms`     one address, written in several ways
- `classes`   the kind of defect, and what a person needs to know of it
"""

from seamproof.checks.ssrf.check import Ssrf

__all__ = ["Ssrf"]

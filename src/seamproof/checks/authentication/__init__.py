"""The check `authentication`: only who shows a whole, valid, living credential is let in.

- `check`     the owner's act with credentials that are wrong in one thing
- `inquiry`   the act with the right credential, which the others are compared with
- `lapsing`   the credential of a stored session whose end is past
- `sessions`  the credential of a session that was ended, and a reset token that was used
- `secrets`   passwords and tokens that are stored or passed on as they came
- `report`    verdicts with their evidence
- `classes`   the kinds of defect, and what a person needs to know of each
"""

from seamproof.checks.authentication.check import Authentication

__all__ = ["Authentication"]

"""The check `authorization`: what is somebody's is theirs alone.

- `check`      the owner's act sent by everybody else, and what confirms a trespass
- `parents`    a child of somebody under one's own parent
- `judgement`  whose rows were changed or read, against who sent the request
- `roles`      which roles are let in further than others, by all operations together
- `report`     verdicts with their evidence
- `classes`    the kinds of defect, and what a person needs to know of each
"""

from seamproof.checks.authorization.check import Authorization

__all__ = ["Authorization"]

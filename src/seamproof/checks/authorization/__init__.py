"""The check `authorization`: what is somebody's is theirs alone.

- `check`      the owner's act, and who else is asked
- `inquiry`    one act of somebody, with canaries in their rows
- `objects`    everybody else who was let in, and what confirms a trespass
- `lists`      what somebody is shown in a list, of everybody or of a team of theirs
- `children`   a child of somebody under one's own parent
- `parents`    requests with several ids, of which one is the owner's
- `functions`  who may do a thing at all
- `judgement`  whose rows were changed or read, against who sent the request
- `roles`      which roles are let in further than others, by all operations together
- `report`     verdicts with their evidence
- `classes`    the kinds of defect, and what a person needs to know of each
"""

from seamproof.checks.authorization.check import Authorization

__all__ = ["Authorization"]

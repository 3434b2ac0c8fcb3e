"""The check `exposure`: an answer tells no more than it should.

- `check`      canaries in sensitive columns; errors that any check provoked
- `columns`    which columns of which rows, and what stands there
- `judgement`  who may be told what
- `classes`    the kinds of defect, and what a person needs to know of each
- `report`     verdicts with their evidence
"""

from seamproof.checks.exposure.check import Exposure

__all__ = ["Exposure"]

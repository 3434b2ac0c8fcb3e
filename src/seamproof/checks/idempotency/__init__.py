"""The check `idempotency`: a request that is sent again has one effect.

- `check`     what is tried: retries, lost answers, kills, overlaps, misused keys
- `keys`      where a step carries its idempotency key, and requests with another or none
- `judgement` what the state after a retry is, against the effect of one request
- `report`    verdicts with their evidence
- `classes`   the kinds of defect, and what a person needs to know of each
"""

from seamproof.checks.idempotency.check import Idempotency

__all__ = ["Idempotency"]

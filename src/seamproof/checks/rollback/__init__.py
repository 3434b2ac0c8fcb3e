"""The check `rollback`: a failure leaves no partial state.

- `check`      which faults, in which order, and what is made of them
- `clean`      what the act does under no fault, and how what a fault left compares with it
- `judgement`  what one faulted history shows of the rows
- `outbound`   what it shows of the calls to other services
- `calls`      the experiments with those
- `refusal`    a scenario whose act is refused: it must not have written
- `natural`    refusals that follow from an act that succeeds
- `attempts`   the requests for that
- `remains`    what of an act a refusal leaves
- `report`     verdicts with their evidence
- `classes`    the kinds of defect, and what a person needs to know of each; those of
               calls are in `outbound_classes`
"""

from seamproof.checks.rollback.check import Rollback

__all__ = ["Rollback"]

"""The check `inventory`: what the service answers is in its document.

- `check`     asks for what is not in the document, and confirms what answers
- `asking`    which routes to ask for: those of the code, old versions, what frameworks leave open
- `classes`   the kinds of defect, and what a person needs to know of each
"""

from seamproof.checks.inventory.check import Inventory

__all__ = ["Inventory"]

"""The check `resources`: what a request costs is bounded.

- `check`      more rows, more items, and larger pages than anybody needs
- `lists`      which rows a read lists, and what it costs to list more of them
- `limits`     whether the service lets nobody make more than a list shows easily
- `items`      what more items in a body cost
- `pages`      whether the size of a page is the client's to choose
- `bodies`     whether a text may be as long as the client likes
- `classes`    the kinds of defect, and what a person needs to know of each
- `report`     verdicts with their evidence
"""

from seamproof.checks.resources.check import Resources

__all__ = ["Resources"]

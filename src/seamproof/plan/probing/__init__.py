"""Invalid requests as data: a valid one with one thing wrong, for `validation` to send."""

from __future__ import annotations

from seamproof.core.catalog import Catalog
from seamproof.core.document import Document
from seamproof.core.model import Scenario
from seamproof.core.probe import Probe

__all__ = ["probes"]


def probes(scenario: Scenario, document: Document | None, catalog: Catalog) -> tuple[Probe, ...]:
    """The invalid requests of a scenario's act."""
    return ()

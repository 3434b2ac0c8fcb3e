"""What a format makes of a file, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Protocol

from seamproof.core.model import Scenario
from seamproof.discovery.importers.identities import Principal
from seamproof.discovery.importers.sent import Given, Options, Sent
from seamproof.discovery.importers.source import Node


@dataclass(frozen=True, slots=True)
class Traffic:
    """The requests of a file that are the service's, before scenarios are made of them."""

    service: str
    """The address of the service in the file."""
    sent: tuple[Sent, ...]
    given: dict[str, Given]
    principals: tuple[Principal, ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)
    """How many requests were left out, by reason."""
    notes: tuple[str, ...] = ()
    """What a person must know or look at."""
    untranslated: tuple[str, ...] = ()
    """Lines of scripts that have no counterpart."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is there already, where the scenarios go."""

    scenarios: Collection[str] = ()
    """Names that scenarios have."""
    identities: Collection[str] = ()
    """Names that are configured."""
    recognise: Callable[[Principal], str | None] = lambda principal: None
    """Which of the configured identities it is."""


@dataclass(frozen=True, slots=True)
class Imported:
    """The scenarios of a file."""

    traffic: Traffic
    scenarios: tuple[Scenario, ...]


class Importer(Protocol):
    """A format. It reads what is given to it, and nothing else."""

    def recognises(self, root: Node) -> bool:
        """Whether a file's JSON is of this format."""
        ...

    def read(self, root: Node, options: Options) -> Traffic:
        """The requests of the service. Raises ConfigurationError for a malformed file."""
        ...

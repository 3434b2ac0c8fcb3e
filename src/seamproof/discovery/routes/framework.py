"""What a framework must offer to be asked for its route table."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Protocol

from seamproof.discovery.routes.start import Language, Start

PROBES = Path(__file__).parent / "probes"
"""Scripts that are run in the service's environment, on its interpreter."""


class Framework(Protocol):
    """A framework whose table the service's own code can be asked for."""

    language: ClassVar[Language]
    script: ClassVar[Path]
    """Python: a file with `table(application, document)`, see `probes/python.py`. Node: a file that
    is loaded before the service, and writes an OpenAPI document to `SEAMPROOF_ROUTES`."""

    def starts(self, start: Start) -> bool:
        """Whether a command of its language may start a service of it."""
        ...

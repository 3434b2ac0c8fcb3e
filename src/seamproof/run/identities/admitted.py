"""What a sign-in comes to."""

from __future__ import annotations

from dataclasses import dataclass

from seamproof.run.experiment.requests import Credentials


@dataclass(frozen=True, slots=True)
class Admitted:
    """Credentials, and how long they are good for."""

    credentials: Credentials
    lifetime: float | None = None
    """Seconds that they are said to live; None where nothing says so."""
    renewable: bool = False
    """Whether a further sign-in gives fresh ones."""

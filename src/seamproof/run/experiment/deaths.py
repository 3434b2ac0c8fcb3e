"""Which phase a service died of: it may answer before it ends, and the next request is refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from seamproof.core.history import DisturbanceKind, Section, Silence

_DIED = DisturbanceKind.SERVICE_DIED


def deaths_told(sections: Iterable[Section]) -> list[Section]:
    """The sections of one experiment, with each death where the last request was that came to the
    service."""
    told: list[Section] = []
    for section in sections:
        if told and section.disturbed(_DIED) and _came_to_nobody(section):
            deaths = tuple(each for each in section.disturbances if each.kind is _DIED)
            rest = tuple(each for each in section.disturbances if each.kind is not _DIED)
            told[-1] = replace(told[-1], disturbances=(*told[-1].disturbances, *deaths))
            section = replace(section, disturbances=rest)
        told.append(section)
    return told


def _came_to_nobody(section: Section) -> bool:
    return all(each.silence is Silence.REFUSED for each in section.exchanges)

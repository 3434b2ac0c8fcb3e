"""Why a history cannot be judged: what disturbed it has nothing to do with what it tests."""

from __future__ import annotations

from seamproof.core.history import DisturbanceKind, History, Section

RATE_LIMITED = 429
"""Too Many Requests (RFC 6585, section 4): a limiter counts outside the database."""


def trouble(history: History) -> str:
    """The reason why nothing follows from a history; empty where it can be judged."""
    fatal = history.disturbed(DisturbanceKind.OURS, DisturbanceKind.ARRANGEMENT_FAILED)
    if fatal is not None:
        return f"{fatal.kind}: {fatal.detail}".rstrip(": ")
    if len(history.sections) < len(history.experiment.phases):
        return "the experiment was broken off"
    for section in history.sections:
        if any(each.status == RATE_LIMITED for each in section.exchanges):
            return "429: a rate limiter counts outside the database"
        restless = section.disturbed(DisturbanceKind.NOT_QUIET)
        if restless is not None and not section.disturbed(DisturbanceKind.BACKEND_ENDED):
            return f"the service did not become quiet: {restless.detail}".rstrip(": ")
    return ""


def missed(history: History) -> str:
    """Which fault or hold of the first phase was not reached; empty where all were."""
    if not history.sections:
        return ""
    found = history.section.disturbed(DisturbanceKind.NOT_REACHED)
    return "" if found is None else found.detail or "a fault was not reached"


def died(section: Section) -> bool:
    """Whether the service's process ended in this phase."""
    return section.disturbed(DisturbanceKind.SERVICE_DIED) is not None

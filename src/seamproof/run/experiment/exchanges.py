"""What an exchange means to the experiment that it is of."""

from __future__ import annotations

from collections.abc import Sequence

from seamproof.core.experiment import Act, Experiment, FaultKind
from seamproof.core.history import DisturbanceKind, Exchange, Section
from seamproof.core.model import Step
from seamproof.run.experiment.extraction import NotThere, extract
from seamproof.run.experiment.requests import Bindings


def given_up(experiment: Experiment, sections: Sequence[Section]) -> list[Exchange]:
    """The exchanges that were given up. What only waited for a call that was kept waiting has gone
    on since, and is at its end where the service came to rest.
    """
    return [
        exchange
        for phase, section in zip(experiment.phases, sections, strict=True)
        for exchange in section.exchanges
        if not any(fault.kind is FaultKind.STALL for fault in phase.faults)
        or section.disturbed(DisturbanceKind.NOT_QUIET)
    ]


def place_of(experiment: Experiment, act: Act) -> str:
    """Where an act stands: equal steps share it, so that a retry repeats the same bytes."""
    acts = (each for phase in experiment.phases for each in phase.acts)
    place = next(
        index
        for index, each in enumerate(acts)
        if each is act or (each.fresh == act.fresh and each.step == act.step)
    )
    return f"act/{place}"


def unexpected(step: Step, exchange: Exchange) -> str | None:
    """Why an exchange is not what its step expects; None where it is."""
    if exchange.response is None:
        return f"no response ({exchange.silence})"
    if step.expects(exchange.status):
        return None
    text = exchange.response.body[:200].decode("utf-8", "replace")
    return f"answered {exchange.status}: {text}"


def extracted(step: Step, exchange: Exchange, bindings: Bindings) -> tuple[Bindings, str | None]:
    """The bindings with what the step extracts, or why something cannot be extracted."""
    assert exchange.response is not None
    for wanted in step.extracts:
        try:
            bindings = bindings.with_value(wanted.name, extract(exchange.response, wanted.source))
        except (NotThere, ValueError) as error:
            return bindings, f"cannot extract {wanted.name!r}: {error}"
    return bindings, None

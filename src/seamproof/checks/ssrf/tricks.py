"""What may lead past a list of hosts: another spelling of an address, and a redirect.

They are tried where the plain address was refused, or where the scenario's own was called and the
plain one was not: without a list there is nothing to lead past.
"""

from __future__ import annotations

from dataclasses import replace

from seamproof.analysis.calls import calls
from seamproof.analysis.inputs import Input
from seamproof.analysis.trouble import trouble
from seamproof.checks.ssrf.baits import Bait, one_by_one
from seamproof.checks.ssrf.forms import elsewhere, host_of, spelled
from seamproof.core.experiment import Experiment, Fault, FaultKind
from seamproof.core.history import History, Section
from seamproof.core.protocols import Exploration
from seamproof.core.subject import Subject
from seamproof.core.verdict import Tier


def calls_its_host(subject: Subject, place: Input, clean: Section) -> bool:
    """Whether the scenario's own address is called."""
    return any(host_of(place) in each.statement for each in calls(clean, subject.profile))


def past_the_list(subject: Subject, place: Input) -> Exploration[Bait | None]:
    """The first spelling of our address, or redirect to it, that leads to it."""
    baits = [Bait.of(subject, place, form) for form in spelled(place)]
    history: History = yield one_by_one(subject, baits)
    if not trouble(history):
        for bait, section in zip(baits, history.sections, strict=True):
            if bait.call(section, subject) is not None:
                return bait
    return (yield from _redirected(subject, place))


def _redirected(subject: Subject, place: Input) -> Exploration[Bait | None]:
    """A host that is called, and sends the service on to us.

    Where anybody's is, a client has one of their own. Where only the scenario's own is, it must be
    made to redirect, as many hosts can be: that is suspected.
    """
    baits = [Bait.of(subject, place, form) for form in elsewhere(place)]
    history: History = yield one_by_one(subject, baits)
    if trouble(history):
        return None
    for number, (bait, section) in enumerate(zip(baits, history.sections, strict=True)):
        call = bait.abroad(section, subject)
        if call is None or call.key.shape.startswith("CONNECT "):
            continue
        alone = replace(call.key, occurrence=1)
        fault = Fault(FaultKind.REDIRECTED, alone, text=f"{{sinkhole}}/{bait.mark}")
        tier = Tier.PROVEN if number == 0 else Tier.SUSPECTED
        leading = replace(bait, fault=fault, tier=tier)
        tried: Experiment = one_by_one(subject, [leading])
        led: History = yield tried
        if not trouble(led) and leading.call(led.section, subject) is not None:
            return leading
    return None

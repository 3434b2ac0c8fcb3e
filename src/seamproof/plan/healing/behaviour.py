"""What changed in what the service does. It is told of, in OpenAPI's terms, and never healed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from seamproof.analysis.compatibility import Change, ChangeKind, Side
from seamproof.core.document import Declaration
from seamproof.core.history import Exchange
from seamproof.core.model import Step
from seamproof.plan.healing.results import Behaviour

_SHOWN = 160


def of_documents(changes: Sequence[Change]) -> Iterator[Behaviour]:
    """What the documents say that answers are now, and who may ask."""
    told = {ChangeKind.OPERATION_REMOVED, ChangeKind.SECURITY}
    for each in changes:
        if each.side is Side.RESPONSE or each.kind in told:
            where = f"{each.place}: " if each.place else ""
            yield Behaviour(each.operation, each.breaking, f"{where}{each.words}")


def unmet(step: Step, exchange: Exchange, declared: Declaration | None, name: str) -> Behaviour:
    """A step that is answered otherwise than it expects, and that no repair answers for."""
    wanted = " or ".join(map(str, step.expect)) or "2xx"
    status = exchange.status
    got = f"answers {status}" if status else f"gives no answer ({exchange.silence})"
    words = f"{got}, the scenario expects {wanted}"
    if declared is None:
        words += "; the document does not declare the operation"
    elif declared.answers:
        words += f"; the document declares {', '.join(each.status for each in declared.answers)}"
    if status and not exchange.ok and (said := answer_of(exchange)):
        words += f": {said}"
    breaking = step.wants_success or exchange.response is None
    return Behaviour(step.operation.id, breaking, words, (name,))


def lost(step: Step, sources: Sequence[str], name: str) -> Behaviour:
    """An answer without what later steps need of it."""
    words = f"the answer has no {', '.join(sources)} any more"
    return Behaviour(step.operation.id, True, words, (name,))


def asked(exchange: Exchange) -> str:
    """A request and its answer on one line."""
    request = exchange.request
    status = exchange.status or f"no answer ({exchange.silence})"
    said = "" if exchange.ok else answer_of(exchange)
    return f"{request.method} {request.target[:_SHOWN]} -> {status}" + (f": {said}" if said else "")


def answer_of(exchange: Exchange) -> str:
    """The first words of an answer."""
    if exchange.response is None:
        return ""
    text = exchange.response.body[: 4 * _SHOWN].decode("utf-8", "replace")
    return " ".join(text.split())[:_SHOWN]

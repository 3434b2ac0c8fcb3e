"""A request that was sent, as a step: the same bytes as far as a step can say them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, unquote

from seamproof.core import references
from seamproof.core.history import Request
from seamproof.core.model import Operation, Step
from seamproof.core.secrecy import sensitive
from seamproof.discovery.importers import bodies
from seamproof.wire.http.paths import PathTemplate, split, without_ids

if TYPE_CHECKING:
    from collections.abc import Collection

    from seamproof.core.document import Document

_ADDED: Final = frozenset(
    {
        *("host", "accept", "accept-encoding", "connection", "user-agent"),
        *("content-length", "content-type", "transfer-encoding"),
    }
)
"""Headers that every client adds by itself."""


class Unspeakable(ValueError):
    """A request that no step can say, with the reason."""


def credentials(request: Request) -> tuple[tuple[str, str], ...]:
    """The headers that show who it is."""
    return tuple((name, value) for name, value in request.headers if _shows_who(name))


def _shows_who(name: str) -> bool:
    return name.lower() == "cookie" or sensitive(name)


def step(
    request: Request,
    identity: str | None,
    expect: int,
    document: Document | None,
    retry_safe: Collection[str] = (),
) -> Step:
    """The step that sends this again as somebody, who brings the credentials.

    Raises Unspeakable for a body that is a file or no text.
    """
    path, query = split(request.target)
    operation, parameters = _operation(request.method, path, document, retry_safe)
    headers = {
        name: references.literal(value)
        for name, value in request.headers
        if name.lower() not in _ADDED and not _shows_who(name)
    }
    made = Step(
        operation,
        identity,
        path_parameters={name: references.literal(value) for name, value in parameters.items()},
        query=references.literally(bodies.gathered(parse_qsl(query, keep_blank_values=True))),
        headers=headers,
        expect=() if 200 <= expect < 300 else (expect,),
    )
    return _with_body(made, request)


def _operation(
    method: str, path: str, document: Document | None, retry_safe: Collection[str]
) -> tuple[Operation, dict[str, str]]:
    """The operation, as the document names it; else with a parameter for each id in the path."""
    for declared in document.declarations if document is not None else ():
        if declared.operation.method == method:
            found = PathTemplate(declared.operation.path).match(path)
            if found is not None:
                known = declared.operation
                return replace(known, retry_safe=known.id in retry_safe), found
    segments: list[str] = []
    parameters: dict[str, str] = {}
    for plain, shaped in zip(path.split("/"), without_ids(path).split("/"), strict=False):
        if shaped == "{}":
            name = f"id{len(parameters) + 1}" if parameters else "id"
            parameters[name] = unquote(plain)
            segments.append(f"{{{name}}}")
        else:
            segments.append(plain)
    made = Operation(method, "/".join(segments) or "/")
    return replace(made, retry_safe=made.id in retry_safe), parameters


def _with_body(made: Step, request: Request) -> Step:
    kind = next((value for name, value in request.headers if name.lower() == "content-type"), "")
    try:
        text = request.body.decode()
    except UnicodeDecodeError:
        raise Unspeakable("its body is no text") from None
    found = bodies.of_text(text, kind)
    if found.problem:
        raise Unspeakable(f"it has {found.problem}")
    if found.content_type:
        made = replace(made, headers={**made.headers, "Content-Type": found.content_type})
    if found.multipart:
        return replace(made, multipart=references.literally(found.form))
    return replace(
        made,
        json=references.literally(found.json),
        form=references.literally(found.form),
        text=None if found.text is None else references.literal(found.text),
    )

"""Requests as data, as scenarios have them: `post("/orders/{order}/cancel", as_="alice")`.

Texts may refer to what earlier steps extracted (`{order}`), to rows that were there before
(`{row.products.0.id}`), and to `{uuid}` and `{unique}`, which are fresh each time.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from seamproof.core import references
from seamproof.core.model import Extract, Json, Operation, Step


def request(
    method: str,
    path: str,
    *,
    as_: str | None = None,
    params: Mapping[str, Json] | None = None,
    query: Mapping[str, Json] | None = None,
    headers: Mapping[str, str] | None = None,
    json: Json = None,
    form: Mapping[str, Json] | None = None,
    text: str | None = None,
    multipart: Mapping[str, Json] | None = None,
    extract: Mapping[str, str] | None = None,
    expect: int | Sequence[int] = (),
) -> Step:
    """One request, sent as a configured identity or as nobody.

    A parameter of the path that `params` does not give is what an earlier step extracted by that
    name. `extract` takes values from the answer: `{"order": "$.id"}`. Without `expect` any 2xx is
    right.
    """
    given = dict(params or {})
    for name in references.names(path):
        given.setdefault(name, f"{{{name}}}")
    return Step(
        Operation(method.upper(), path),
        as_,
        given,
        dict(query or {}),
        dict(headers or {}),
        json,
        None if form is None else dict(form),
        text,
        None if multipart is None else dict(multipart),
        tuple(Extract(name, source) for name, source in (extract or {}).items()),
        (expect,) if isinstance(expect, int) else tuple(expect),
    )


get = partial(request, "GET")
"""A GET."""
post = partial(request, "POST")
"""A POST."""
put = partial(request, "PUT")
"""A PUT."""
patch = partial(request, "PATCH")
"""A PATCH."""
delete = partial(request, "DELETE")
"""A DELETE."""

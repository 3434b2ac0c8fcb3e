"""What names tell: the thing that a parameter, a field or a table is about, and its attribute.

`featureName`, `feature_name` and `/features/{name}` all mean the name of a feature. A concept is
the thing's words run together, the last in the singular: `feature`, `featuretype`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_PARAMETER = re.compile(r"\{([^{}]*)\}")

ATTRIBUTES = frozenset(
    "id uuid guid key pk name slug code token secret number ref email username title value label"  # noqa: SIM905
    " identifier handle login".split()
)
"""Words that name one attribute of a thing, and not a thing."""
IDENTIFYING = ("id", "uuid", "guid", "key", "pk", "identifier", "name", "slug", "code", "username")
"""Attributes by which a thing is looked up, the likeliest first."""
SECRETS = frozenset({"token", "secret", "key", "code"})
"""Attributes that let in whoever knows them; services mix their names."""
ENVELOPES = frozenset(
    "data item result attribute content payload response row list object entry embedded hit node"  # noqa: SIM905
    " edge body record element value collection page document model instance".split()
)
"""Keys of a body that only wrap what it is about."""


@lru_cache(maxsize=8192)
def words(name: str) -> tuple[str, ...]:
    """The words of a name, in lower case: camelCase, snake_case, kebab-case and dots."""
    return tuple(each.lower() for each in _WORD.findall(name))


@lru_cache(maxsize=8192)
def singular(word: str) -> str:
    """An English noun in the singular, as far as its ending tells."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("ouses", "auses")):
        return word[:-1]
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes", "uses", "zes")):
        return word[:-2]
    if len(word) > 2 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


@lru_cache(maxsize=8192)
def concept(name: str) -> str:
    """What a table, a collection or a field is about: `feature-types` to `featuretype`."""
    parts = words(name.rpartition(".")[2] if "." in name else name)
    return "".join((*parts[:-1], singular(parts[-1]))) if parts else ""


@lru_cache(maxsize=8192)
def split(name: str) -> tuple[str, str]:
    """The thing and the attribute that a name means; each may be empty.

    `orderId` is ("order", "id"), `order` is ("order", ""), `id` is ("", "id").
    """
    parts = words(name)
    if not parts:
        return "", ""
    last = singular(parts[-1])
    if last in ATTRIBUTES:
        qualifier = parts[:-1]
        return "".join(qualifier), last
    return "".join((*parts[:-1], last)), ""


def same(one: str, other: str) -> bool:
    """Whether two names are one, written in another case or number."""
    return concept(one) == concept(other) != ""


# ---------------------------------------------------------------------------- paths

Prefix = tuple[str, ...]
"""The segments of a path up to one of its parameters, each parameter written `{}`."""


@lru_cache(maxsize=4096)
def parameters(path: str) -> tuple[str, ...]:
    """The names of a path's parameters, in order."""
    return tuple(_PARAMETER.findall(path))


@lru_cache(maxsize=4096)
def segments(path: str) -> Prefix:
    """The segments of a path, each parameter written `{}`."""
    return tuple(_PARAMETER.sub("{}", each) for each in path.strip("/").split("/") if each)


@lru_cache(maxsize=4096)
def prefixes(path: str) -> tuple[Prefix, ...]:
    """For each parameter of a path, what leads up to it, itself included."""
    parts = segments(path)
    return tuple(
        parts[: index + 1] for index, each in enumerate(parts) for _ in range(each.count("{}"))
    )


def collection(prefix: Prefix) -> str:
    """The thing that the last parameter of a prefix is one of: `/orders/{}` to `order`."""
    named = [each for each in prefix[:-1] if "{}" not in each]
    return concept(named[-1]) if named else ""


@lru_cache(maxsize=4096)
def subject(path: str) -> str:
    """The thing that an operation on a path is about: its last segment that is no parameter."""
    named = [each for each in segments(path) if "{}" not in each]
    return concept(named[-1]) if named else ""


def shared(one: Sequence[str], other: Sequence[str]) -> int:
    """How many segments two paths have in common from their beginning."""
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count

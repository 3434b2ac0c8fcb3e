"""Bodies of Postman's requests, their variables filled."""

from __future__ import annotations

from typing import Any

from seamproof.core.model import Json
from seamproof.discovery.importers import bodies
from seamproof.discovery.importers.bodies import Body
from seamproof.discovery.importers.source import Node, value_of
from seamproof.discovery.importers.variables import Variables, settled

_LANGUAGES = {
    "json": "application/json",
    "xml": "application/xml",
    "html": "text/html",
    "javascript": "application/javascript",
    "text": "text/plain",
}


def body(request: Node, variables: Variables) -> Body:
    """The body of a request. Raises Missing for a variable with no value."""
    node = request.get("body")
    if node.value is None or node.members().get("disabled") is True:
        return Body()
    mode = node.text("mode")
    if mode == "raw":
        return _raw(node, _content_type(request), variables)
    if mode == "urlencoded":
        return bodies.of_pairs(_pairs(node.get("urlencoded"), variables))
    if mode == "formdata":
        files = [each for each in _enabled(node.get("formdata")) if each.text("type") == "file"]
        if files:
            return Body(problem=f"a form with a file, {files[0].text('key')!r}")
        return bodies.of_fields(_pairs(node.get("formdata"), variables))
    if mode == "graphql":
        return _graphql(node.get("graphql"), variables)
    return Body(problem=f"a body of mode {mode!r}") if mode else Body()


def _content_type(request: Node) -> str:
    for header in _enabled(request.get("header")):
        if header.text("key").lower() == "content-type":
            return header.text("value")
    language = request.get("body").get("options").get("raw").text("language")
    return _LANGUAGES.get(language, "")


def _raw(node: Node, content_type: str, variables: Variables) -> Body:
    text = node.text("raw")
    media = bodies.media_type(content_type)
    if not media and text.lstrip()[:1] in {"{", "["}:
        media = content_type = "application/json"
    if not bodies.is_json(media):
        return bodies.of_text(settled(variables.filled(text)), content_type)
    found = bodies.of_text(variables.filled(text, as_json=True), content_type)
    return Body(json=_settled(found.json), content_type=found.content_type, problem=found.problem)


def _graphql(node: Node, variables: Variables) -> Body:
    query = settled(variables.filled(node.text("query")))
    members: dict[str, Json] = {"query": query}
    given = node.get("variables").value
    text = given if isinstance(given, str) else ""
    if text.strip():
        try:
            members["variables"] = _settled(value_of(variables.filled(text, as_json=True)))
        except ValueError as error:
            return Body(problem=f"GraphQL variables that are no JSON: {error}")
    return Body(json=members)


def _pairs(node: Node, variables: Variables) -> list[tuple[str, str]]:
    return [
        (settled(variables.filled(each.text("key"))), settled(variables.filled(each.text("value"))))
        for each in _enabled(node)
    ]


def _enabled(node: Node) -> list[Node]:
    return [each for each in node.items() if each.members().get("disabled") is not True]


def _settled(value: Any) -> Json:
    if isinstance(value, str):
        return settled(value)
    if isinstance(value, dict):
        return {settled(name): _settled(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_settled(each) for each in value]
    return value

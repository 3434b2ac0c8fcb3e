"""Run in the service's own environment: loads its application, and writes its route table.

    python python.py OUTPUT TARGET SCRIPT...

TARGET is JSON: how the application is reached. Each SCRIPT has a function `table(application,
document)`, which adds the routes of an application of its framework and returns whether it is one.
The first that does is enough. OUTPUT becomes an OpenAPI document. Nothing listens.

It runs on the service's Python, with the service's packages: only the standard library is used, as
far back as 3.9, and nothing of seamproof.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import os
import re
import runpy
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

FACTORIES = ("create_app", "make_app", "build_app", "get_app", "create_application", "app_factory")
NAMES = ("app", "application", "api", "asgi", "wsgi", "server")
LAYERS = 20
WITH_BODY = ("post", "put", "patch")
ANY_OBJECT = {"schema": {"type": "object"}}
ANY_BODY = {"content": {
    "application/json": ANY_OBJECT,
    "application/x-www-form-urlencoded": ANY_OBJECT,
}}  # fmt: skip
"""Where the handler says nothing of a body: there may be one."""
request_body = runpy.run_path(str(Path(__file__).with_name("bodies.py")))["request_body"]


class Document:
    """Collects routes as an OpenAPI document."""

    def __init__(self) -> None:
        self.whole: dict[str, Any] = {}
        self.paths: dict[str, Any] = {}
        self.title = ""

    def take(self, whole: dict[str, Any]) -> None:
        """Take a document that the framework itself makes; routes are added to it."""
        self.whole = whole
        self.paths = dict(whole.get("paths") or {})

    def add(
        self,
        path: str,
        methods: Any,
        parameters: dict[str, Any],
        name: str,
        handler: Any,
        *,
        hidden: bool = False,
    ) -> None:
        """Add a route: its template, its methods, and the schemas of its path's parameters.

        `handler` is a function, or a class with one for each method. `hidden` says that the
        service's own document leaves it out on purpose (`seamproof.discovery.routes.HIDDEN`).
        """
        item = self.paths.setdefault("/" + path.lstrip("/"), {})
        for method in sorted(methods):
            operation: dict[str, Any] = {
                "summary": name,
                "parameters": [
                    {"name": key, "in": "path", "required": True, "schema": schema}
                    for key, schema in parameters.items()
                ],
            }
            if hidden:
                operation["tags"] = ["hidden from the document"]
            if method.lower() in WITH_BODY:
                function = getattr(handler, method.lower(), handler)
                operation["requestBody"] = request_body(function) or ANY_BODY
            item.setdefault(method.lower(), operation)

    def written(self) -> dict[str, Any]:
        """The document."""
        base = {"openapi": "3.1.0", "info": {"title": self.title, "version": ""}}
        return {**base, **self.whole, "paths": self.paths}


def candidates(target: dict[str, Any]) -> Iterator[Any]:
    """What may be the application: what the target names, else what a module of the name has."""
    sys.path[:0] = target["path"]
    kind, name, attribute = target["kind"], target["name"], target["attribute"]
    if kind == "manage":
        yield from managed(name)
        return
    by_name = importlib.import_module
    module = loaded(name, target["arguments"]) if kind == "file" else by_name(name)
    if kind == "program":
        yield from within(module)
        if hasattr(module, "__path__"):
            yield from within(importlib.import_module(name + ".__main__"))
        return
    if attribute:
        found = reached(module, attribute)
        yield found() if target["call"] and callable(found) else found
        return
    yield from within(module)


def within(module: Any) -> Iterator[Any]:
    """What a module has: by the usual names first, and at last what its factories make."""
    own = vars(module)
    yield from (own[each] for each in NAMES if each in own)
    yield from (each for key, each in list(own.items()) if key not in NAMES)
    for key in FACTORIES:
        if callable(own.get(key)):
            yield own[key]()


def managed(file: str) -> Iterator[Any]:
    """What a manage.py of Django sets up: the settings that it names."""
    source = Path(file).read_text(encoding="utf-8")
    found = re.search(r"DJANGO_SETTINGS_MODULE['\"]\s*,\s*['\"]([\w.]+)", source)
    if found:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", found.group(1))
    importlib.import_module("django").setup()
    yield None


def loaded(file: str, arguments: list[str]) -> Any:
    """A file as a module of its name: what it does only as a program is not done."""
    sys.argv = [file, *arguments]
    name = Path(file).stem
    spec: Any = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def reached(module: Any, attribute: str) -> Any:
    """`app`, `sub.app`, or `create_app()`, without arguments."""
    name, _, call = attribute.partition("(")
    value = module
    for each in name.split("."):
        value = getattr(value, each)
    return value() if call else value


def layers(application: Any) -> Iterator[Any]:
    """An application, and those that it wraps: middleware keeps the next as `app`, or so."""
    for _ in range(LAYERS):
        yield application
        try:
            inner = [getattr(application, key, None) for key in ("app", "wsgi_app", "application")]
        except Exception:  # a proxy of what is there only within a request
            return
        # A method, as Flask's own `wsgi_app`, is nothing that is wrapped.
        inner = [each for each in inner if each is not None and not hasattr(each, "__self__")]
        if not inner:
            return
        application = inner[0]


def tried(table: Any, application: Any, document: Document) -> bool:
    """Whether a table was made. A module holds all sorts of things; some refuse to be looked at."""
    try:
        return bool(table(application, document))
    except Exception:
        if document.paths:
            traceback.print_exc()
        return False


def main() -> None:
    """Write the table. What goes wrong goes to stderr, and to the exit code."""
    output, target, scripts = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3:]
    sys.argv = [sys.argv[0]]
    del sys.path[0]  # this file's folder
    tables = [runpy.run_path(each)["table"] for each in scripts]
    document = Document()
    found = any(
        tried(table, each, document)
        for candidate in candidates(target)
        for each in layers(candidate)
        for table in tables
    )
    if not found:
        sys.exit("no application of a known framework is there")
    text = json.dumps(document.written(), default=str)
    part = Path(output + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(output)


if __name__ == "__main__":
    code: Any = 0
    try:
        main()
    except SystemExit as error:
        code = error.code
        print(code, file=sys.stderr)
    except BaseException:
        code = 1
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    # The service's own threads do not keep it.
    os._exit(1 if code else 0)

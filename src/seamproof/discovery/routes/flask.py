"""Flask's route table."""

from __future__ import annotations

from seamproof.core.registry import framework
from seamproof.discovery.routes.framework import PROBES
from seamproof.discovery.routes.start import Kind, Language, Start


@framework("flask", title="Flask: the rules of its URL map, with its converters")
class Flask:
    """Loads the application and lists `app.url_map`, path parameters with their types."""

    language = Language.PYTHON
    script = PROBES / "flask_table.py"

    def starts(self, start: Start) -> bool:
        """Whether it may: by its own command, a WSGI server, or a file."""
        return start.target is not None and start.target.kind is not Kind.MANAGE

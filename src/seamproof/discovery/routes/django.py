"""Django's route table."""

from __future__ import annotations

from seamproof.core.registry import framework
from seamproof.discovery.routes.framework import PROBES
from seamproof.discovery.routes.start import Language, Start


@framework("django", title="Django and Django REST framework: the URL patterns, with converters")
class Django:
    """Sets Django up as the service does and walks its URL patterns. Its own admin is left out."""

    language = Language.PYTHON
    script = PROBES / "django_table.py"

    def starts(self, start: Start) -> bool:
        """Whether it may: by manage.py, a server, or a file."""
        return start.target is not None and start.program not in {"flask", "fastapi"}

"""How the three Python services tell a member something: by the mailer's HTTP API."""

from __future__ import annotations

import json
import os
from urllib.error import URLError
from urllib.request import Request, urlopen


def tell(member: str, text: str) -> None:
    """Send a message. A mailer that is down is no reason to refuse a loan."""
    body = json.dumps({"to": member, "text": text}).encode()
    headers = {"Content-Type": "application/json"}
    try:
        urlopen(Request(f"{os.environ['MAILER_URL']}/messages", body, headers), timeout=2).close()
    except URLError:
        return

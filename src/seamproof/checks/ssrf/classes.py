"""What `ssrf` can find, for people."""

from __future__ import annotations

from seamproof.core.experiment import BoundaryKind
from seamproof.core.verdict import FindingClass

_SHEETS = "https://cheatsheetseries.owasp.org/cheatsheets/"

FORGED_REQUEST = FindingClass(
    name="server-side-request-forgery",
    title="{operation} calls the address that a client puts into {input}",
    consequence=(
        "It was a port of the service's own machine, which no client can reach, and the service "
        "made the call{behind}: {call}. The metadata of a cloud or an admin page may stand there."
    ),
    why=(
        "A service that fetches an address is asked to by whoever may send the address. It stands "
        "inside of the network, past the firewall, and often with credentials of its own; so the "
        "client reads and does what only the service may."
    ),
    fix=(
        "Allow the hosts that are meant, by an exact list. Where any host of the internet is "
        "meant, resolve the name once, refuse loopback, private and link-local addresses, and "
        "connect to the address that was checked, redirects included."
    ),
    example="""
        1  POST /webhooks {"url": "http://169.254.169.254/latest/meta-data/iam/"}
        2  The service calls it, to see whether it answers, and tells what it was answered.

        The client has the credentials of the machine.
    """,
    boundary=BoundaryKind.HTTP_OUT,
    broken="outbound",
    cwe=(918,),
    owasp=("API7:2023",),
    references=(
        f"{_SHEETS}Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html",
        "https://owasp.org/API-Security/editions/2023/en/0xa7-server-side-request-forgery/",
    ),
)

CLASSES = (FORGED_REQUEST,)

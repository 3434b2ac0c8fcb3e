"""A certificate authority of our own, made for one run, and the certificate of our ports.

The authority's key is never written: after its one signature it is forgotten. So nobody can make
another certificate that a service under test would trust.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from seamproof.core.errors import ConfigurationError
from seamproof.wire.postgres.negotiation import ALPN


@dataclass(frozen=True, slots=True)
class Authority:
    """What a service needs in order to trust our ports, and what the ports need."""

    certificate: Path
    """The authority's certificate in PEM, for `sslrootcert` and the like."""
    context: ssl.SSLContext
    """For the server's side of a handshake."""


def create_authority(folder: Path) -> Authority:
    """Make an authority and a certificate for loopback in `folder`, which is made for it.

    Raises ConfigurationError where the package cryptography is not installed.
    """
    try:
        from seamproof.boundaries.authority.certificates import issue
    except ImportError as error:
        raise ConfigurationError(
            f"database.tls needs the package cryptography, which cannot be imported: {error}",
            hint="install it: pip install 'seamproof[tls]'",
        ) from error

    authority, chain = issue()
    folder.mkdir(mode=0o700)
    return Authority(
        _write(folder / "authority.pem", authority), _context(_write(folder / "server.pem", chain))
    )


def _write(path: Path, data: bytes) -> Path:
    path.touch(mode=0o600)
    path.write_bytes(data)
    return path


def _context(chain: Path) -> ssl.SSLContext:
    """The server's context, as PostgreSQL makes its own: no tickets, no renegotiation."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_TICKET | ssl.OP_NO_RENEGOTIATION
    context.num_tickets = 0
    context.set_alpn_protocols([ALPN])
    context.load_cert_chain(chain)
    return context

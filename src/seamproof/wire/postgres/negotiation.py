"""What comes before a StartupMessage: whether the connection is to be encrypted, and how.

Rules (manual, "SSL Session Encryption" and "GSSAPI Session Encryption"):
- SSLRequest and GSSENCRequest are answered by one byte, each at most once. GSSAPI is declined.
- Direct negotiation: the connection opens with a TLS ClientHello at once.
- A client waits for the answer. Bytes that came together with a request that is granted were sent
  in the clear, by whoever could: they are no part of what follows (CVE-2021-23222).
"""

from __future__ import annotations

from enum import Enum
from struct import Struct
from typing import Final, NamedTuple

from seamproof.wire.postgres.messages import GSSENC_REQUEST, SSL_REQUEST, ClientProtocolError

ALPN: Final = "postgresql"
"""What a client that opens with TLS must name as its protocol."""

_GRANTED: Final = b"S"
_DECLINED: Final = b"N"
_REQUEST: Final = Struct("!II").unpack_from
_REQUEST_LENGTH: Final = 8
_TLS_HANDSHAKE: Final = b"\x16"


class Security(Enum):
    """How the rest of a connection is protected."""

    PLAIN = "plain"
    TLS = "tls"
    """The client was told to begin its handshake."""
    DIRECT = "direct"
    """The client has begun its handshake unasked, and must name `ALPN` in it."""


class Settled(NamedTuple):
    """What to answer and, once it is known, what follows and its first bytes."""

    answer: bytes = b""
    security: Security | None = None
    rest: bytes = b""


class Negotiation:
    """The first bytes of one client."""

    __slots__ = ("_head", "_offers_tls", "_open", "declined")

    def __init__(self, *, offers_tls: bool) -> None:
        self.declined = False
        """Whether TLS was declined and the client has not gone on without it."""
        self._offers_tls = offers_tls
        self._head = b""
        self._open = {SSL_REQUEST, GSSENC_REQUEST}

    def feed(self, data: bytes) -> Settled:
        """Take the next bytes. Raises ClientProtocolError."""
        head = self._head = self._head + data
        if len(self._open) == 2 and head.startswith(_TLS_HANDSHAKE):
            return self._direct(head)
        answer = b""
        while len(head) >= _REQUEST_LENGTH:
            length, code = _REQUEST(head)
            if length != _REQUEST_LENGTH or code not in self._open:
                self.declined = False
                return Settled(answer, Security.PLAIN, head)
            head = self._head = head[_REQUEST_LENGTH:]
            self._open.discard(code)
            if code == SSL_REQUEST and self._offers_tls:
                if head:
                    raise ClientProtocolError("sent bytes in the clear behind its SSLRequest")
                return Settled(answer + _GRANTED, Security.TLS)
            self.declined = self.declined or code == SSL_REQUEST
            answer += _DECLINED
        return Settled(answer)

    def _direct(self, head: bytes) -> Settled:
        if self._offers_tls:
            return Settled(security=Security.DIRECT, rest=head)
        self.declined = True
        raise ClientProtocolError(
            "opens with TLS (sslnegotiation=direct), which is not offered here: "
            "use sslmode=disable or prefer"
        )

"""A client's connection until its StartupMessage can be read: plain, or through TLS."""

from __future__ import annotations

import asyncio
import ssl
from typing import cast

from seamproof.boundaries.link import ClientSide, Link
from seamproof.boundaries.tls import TlsFailure, TlsTransport
from seamproof.wire.postgres.messages import ClientProtocolError
from seamproof.wire.postgres.negotiation import ALPN, Negotiation, Security


class Entrance(ClientSide):
    """Settles how the connection is protected, and gives way to who carries it then."""

    def __init__(self, link: Link, context: ssl.SSLContext | None) -> None:
        super().__init__(link, self._take)
        self._context = context
        self._negotiation = Negotiation(offers_tls=context is not None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hand the transport on."""
        self._transport = cast(asyncio.Transport, transport)
        self.link.client_made(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the link, and note where the client wanted TLS."""
        if self._negotiation.declined:
            self.link.tls_failed(TlsFailure(declined=True))
        super().connection_lost(exc)

    def _take(self, data: bytes) -> None:
        try:
            settled = self._negotiation.feed(data)
        except ClientProtocolError as error:
            self.link.violated(error)
            return
        if settled.answer:
            self._transport.write(settled.answer)
        if settled.security is Security.PLAIN:
            self._transport.set_protocol(ClientSide(self.link, self.link.client_data))
            self.link.client_data(settled.rest)
        elif settled.security is not None:
            assert self._context is not None
            direct = settled.security is Security.DIRECT
            side = _TlsSide(self.link, TlsTransport(self._transport, self._context), direct=direct)
            self._transport.set_protocol(side)
            if settled.rest:
                side.data_received(settled.rest)


class _TlsSide(ClientSide):
    """Carries an encrypted connection."""

    def __init__(self, link: Link, transport: TlsTransport, *, direct: bool) -> None:
        super().__init__(link, self._take)
        self._transport = transport
        self._direct = direct
        self._agreed = False
        self._heard = False
        link.client_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the link, and note a client that refuses our certificate behind the handshake."""
        if self._agreed and not self._heard:
            self._failed("the client said nothing behind the handshake")
        super().connection_lost(exc)

    def _take(self, data: bytes) -> None:
        try:
            if not self._agreed:
                self._agreed = self._transport.shake_hands(data)
                if not self._agreed:
                    return
                data = b""
                if self._direct and self._transport.alpn != ALPN:
                    self._heard = True
                    raise ClientProtocolError(
                        f"opens with TLS and does not name {ALPN!r} by ALPN in it"
                    )
            said, ended = self._transport.decrypt(data)
        except ssl.SSLError as error:
            if not self._heard:
                self._failed(error.reason or str(error))
            self._heard = True
            self._transport.crash()
            return
        except ClientProtocolError as error:
            self.link.violated(error)
            return
        if said:
            self._heard = True
            self.link.client_data(said)
        if ended:
            self.link.client_ended()

    def _failed(self, reason: str) -> None:
        self.link.tls_failed(TlsFailure(declined=False, reason=reason))

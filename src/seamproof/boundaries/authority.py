"""A certificate authority of our own, made for one run, and the certificate of our ports.

The authority's key is never written: after its one signature it is forgotten. So nobody can make
another certificate that a service under test would trust.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from seamproof.core.errors import ConfigurationError
from seamproof.wire.postgres.negotiation import ALPN

_HOST: Final = "localhost"
_ADDRESSES: Final = ("127.0.0.1", "::1")
_LIFE: Final = timedelta(days=7)
"""Longer than a run, and short enough that a copy somebody trusts is of no use."""
_SKEW: Final = timedelta(hours=1)
"""A service in a container may have a clock that is behind."""


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
        from cryptography import x509
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
    except ImportError as error:
        raise ConfigurationError(
            f"database.tls needs the package cryptography, which cannot be imported: {error}",
            hint="install it: pip install 'seamproof[tls]'",
        ) from error

    def usage(*, signs_certificates: bool) -> x509.KeyUsage:
        return x509.KeyUsage(
            digital_signature=not signs_certificates,
            key_cert_sign=signs_certificates,
            crl_sign=signs_certificates,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = datetime.now(UTC)
    issuer = name("seamproof, for one run")
    issuer_key = ec.generate_private_key(ec.SECP256R1())
    key = ec.generate_private_key(ec.SECP256R1())

    def certificate(
        subject: x509.Name, public: ec.EllipticCurvePublicKey, *, is_authority: bool
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _SKEW)
            .not_valid_after(now + _LIFE)
            .add_extension(
                x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None),
                critical=True,
            )
            .add_extension(usage(signs_certificates=is_authority), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()),
                critical=False,
            )
        )

    root = certificate(issuer, issuer_key.public_key(), is_authority=True)
    names = [x509.DNSName(_HOST), *(x509.IPAddress(ip_address(each)) for each in _ADDRESSES)]
    leaf = (
        certificate(name(_HOST), key.public_key(), is_authority=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    pem = serialization.Encoding.PEM
    folder.mkdir(mode=0o700)
    authority = _write(
        folder / "authority.pem", root.sign(issuer_key, hashes.SHA256()).public_bytes(pem)
    )
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain = _write(
        folder / "server.pem", private + leaf.sign(issuer_key, hashes.SHA256()).public_bytes(pem)
    )
    return Authority(authority, _context(chain))


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

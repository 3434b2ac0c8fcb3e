"""The authority's certificate and that of our ports. Needs the package cryptography."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_HOST: Final = "localhost"
_ADDRESSES: Final = ("127.0.0.1", "::1")
_LIFE: Final = timedelta(days=7)
"""Longer than a run, and short enough that a copy somebody trusts is of no use."""
_SKEW: Final = timedelta(hours=1)
"""A service in a container may have a clock that is behind."""
_PEM: Final = serialization.Encoding.PEM


def issue() -> tuple[bytes, bytes]:
    """Make an authority, and have it sign a certificate for loopback; its key is forgotten then.

    Returns, in PEM, the authority's certificate, and the port's key with the port's certificate.
    """
    authority_key = ec.generate_private_key(ec.SECP256R1())
    port_key = ec.generate_private_key(ec.SECP256R1())
    issuer = _name("seamproof, for one run")
    authority = _certificate(
        issuer, issuer, authority_key.public_key(), authority_key.public_key(), is_authority=True
    )
    names = [x509.DNSName(_HOST), *(x509.IPAddress(ip_address(each)) for each in _ADDRESSES)]
    port = (
        _certificate(
            _name(_HOST),
            issuer,
            port_key.public_key(),
            authority_key.public_key(),
            is_authority=False,
        )
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    )
    private = port_key.private_bytes(
        _PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    signed = port.sign(authority_key, hashes.SHA256()).public_bytes(_PEM)
    return authority.sign(authority_key, hashes.SHA256()).public_bytes(_PEM), private + signed


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    issuer_public: ec.EllipticCurvePublicKey,
    *,
    is_authority: bool,
) -> x509.CertificateBuilder:
    """What both certificates say (RFC 5280, section 4.2)."""
    now = datetime.now(UTC)
    constraints = x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + _LIFE)
        .add_extension(constraints, critical=True)
        .add_extension(_usage(signs_certificates=is_authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_public), critical=False
        )
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
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

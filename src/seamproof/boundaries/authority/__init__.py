"""A certificate authority of our own, for services that insist on TLS."""

from seamproof.boundaries.authority.authority import Authority, create_authority

__all__ = ["Authority", "create_authority"]

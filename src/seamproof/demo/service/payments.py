"""The client of the payment provider."""

import http.client
import json
import urllib.error
import urllib.request
from decimal import Decimal
from typing import Protocol

from seamproof.demo.service.settings import PAYMENTS_URL

_OWN_FAILURE = 500


class Declined(Exception):
    """The provider says no, and has done nothing."""


class Unanswered(Exception):
    """The provider may have done it, or not."""


class PaymentProvider(Protocol):
    """Takes money, and gives it back. `timeout` is in seconds; None waits for ever.

    Everything raises Declined or Unanswered.
    """

    def charge(self, key: str, amount: Decimal, *, timeout: float | None = None) -> str:
        """Charge once per key and return the provider's reference."""
        ...

    def cancel(self, reference: str, *, timeout: float | None = None) -> None:
        """Give the money of a charge back, named by its reference or its key. Nothing happens the
        second time, nor where there is no such charge.
        """
        ...


class HttpProvider:
    """A provider behind HTTP."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def charge(self, key: str, amount: Decimal, *, timeout: float | None = None) -> str:
        """`POST /charges`."""
        answer = self._post("/charges", {"key": key, "amount": str(amount)}, timeout)
        return str(answer.get("id", key))

    def cancel(self, reference: str, *, timeout: float | None = None) -> None:
        """`POST /charges/REFERENCE/cancel`."""
        self._post(f"/charges/{reference}/cancel", {}, timeout)

    def _post(self, path: str, body: dict[str, str], timeout: float | None) -> dict[str, object]:
        request = urllib.request.Request(  # noqa: S310 - the operator configures this URL
            self.url + path,
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout) as response:  # noqa: S310
                answer: dict[str, object] = json.load(response)
                return answer
        except urllib.error.HTTPError as error:
            raise (Declined if error.code < _OWN_FAILURE else Unanswered)(str(error)) from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Unanswered(repr(error)) from error


class BundledProvider:
    """Accepts every card and keeps nothing, so that the shop runs alone."""

    def charge(self, key: str, amount: Decimal, *, timeout: float | None = None) -> str:
        """Always succeeds."""
        return f"bundled-{key}"

    def cancel(self, reference: str, *, timeout: float | None = None) -> None:
        """Nothing to give back."""


provider: PaymentProvider = HttpProvider(PAYMENTS_URL) if PAYMENTS_URL else BundledProvider()

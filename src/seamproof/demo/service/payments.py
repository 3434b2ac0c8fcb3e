"""The client of the payment provider."""

import json
import urllib.request
from decimal import Decimal
from typing import Protocol

from seamproof.demo.service.settings import PAYMENTS_URL

_TIMEOUT = 5.0


class PaymentProvider(Protocol):
    """Takes money, and gives it back."""

    def charge(self, key: str, amount: Decimal) -> str:
        """Charge once per key and return the provider's reference. Raises OSError."""
        ...

    def cancel(self, reference: str) -> None:
        """Give the money back; nothing happens the second time. Raises OSError."""
        ...


class HttpProvider:
    """A provider behind HTTP."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")

    def charge(self, key: str, amount: Decimal) -> str:
        """`POST /charges`."""
        answer = self._post("/charges", {"key": key, "amount": str(amount)})
        return str(answer.get("id", key))

    def cancel(self, reference: str) -> None:
        """`POST /charges/REFERENCE/cancel`."""
        self._post(f"/charges/{reference}/cancel", {})

    def _post(self, path: str, body: dict[str, str]) -> dict[str, object]:
        request = urllib.request.Request(  # noqa: S310 - the operator configures this URL
            self.url + path,
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as response:  # noqa: S310
            answer: dict[str, object] = json.load(response)
            return answer


class BundledProvider:
    """Accepts every card and keeps nothing, so that the shop runs alone."""

    def charge(self, key: str, amount: Decimal) -> str:
        """Always succeeds."""
        return f"bundled-{key}"

    def cancel(self, reference: str) -> None:
        """Nothing to give back."""


provider: PaymentProvider = HttpProvider(PAYMENTS_URL) if PAYMENTS_URL else BundledProvider()

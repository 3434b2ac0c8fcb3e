"""What each twin shows: a row is an operation, a finding class, and the tier that it has."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seamproof.core.verdict import Tier

APPS = Path(__file__).parent
LOUD = (Tier.PROVEN, Tier.SUSPECTED)


@dataclass(frozen=True)
class Expected:
    """A finding that must be there, and how sure it is."""

    operation: str
    finding_class: str
    tier: Tier = Tier.PROVEN


@dataclass(frozen=True)
class Twin:
    """A service, and what its broken variant shows."""

    app: str
    broken: tuple[Expected, ...]
    needs: tuple[str, ...] = ()
    """Programs without which it cannot run."""
    checks: tuple[str, ...] = ()
    """Those that it is for; empty means all. What is planted for some is careless for others."""

    @property
    def tiers(self) -> dict[tuple[str, str], Tier]:
        """How sure each finding is, by operation and class."""
        return {(each.operation, each.finding_class): each.tier for each in self.broken}


ENGINE = ("rollback", "trace", "idempotency", "concurrency")

LEAKS = (
    Expected("GET /articles", "sql-injection"),
    Expected("GET /articles", "statements-per-row"),
    Expected("GET /articles", "list-without-limit", Tier.SUSPECTED),
    Expected("GET /titles", "like-wildcards", Tier.NOTE),
    Expected("GET /remarks", "page-size-without-limit"),
    Expected("POST /tags", "stored-sql-injection"),
    Expected("POST /places", "answer-sql-injection"),
    Expected("GET /members", "secret-in-answer"),
    Expected("GET /members", "data-of-others"),
    Expected("POST /baskets", "reads-per-item", Tier.SUSPECTED),
    Expected("GET /files/tokens", "secret-in-answer"),
    Expected("GET /files/accounts", "data-of-others"),
    Expected("GET /files/births", "data-of-others"),
    Expected("GET /files/papers", "data-of-others"),
    Expected("POST /places", "database-in-error"),
    Expected("POST /places", "code-in-error"),
    Expected("POST /previews", "server-side-request-forgery"),
    Expected("POST /feeds", "server-side-request-forgery"),
)
"""What leaks on each framework alike."""
SENT_ON = Expected("POST /imports", "server-side-request-forgery", Tier.SUSPECTED)
"""Where the library that calls follows redirects, and asks our proxy."""

TWINS = [
    Twin(
        "ledger",
        (
            Expected("POST /deposits", "partial-state"),
            Expected("POST /deposits", "spread-writes", Tier.NOTE),
            Expected("POST /messages", "lost-write"),
            Expected("PUT /counters/{name}", "duplicate-effect", Tier.SUSPECTED),
            Expected("PUT /postings/{posting}", "doubled-by-retry"),
            Expected("POST /refunds", "duplicate-without-key", Tier.NOTE),
            Expected("POST /signups", "early-answer"),
            Expected("POST /signups", "lost-write"),
            Expected("POST /orders", "refused-but-wrote"),
        ),
        checks=ENGINE,
    ),
    Twin(
        "bookings",
        (
            Expected("POST /bookings", "stuck-retry"),
            Expected("POST /visits", "commit-rolled-back"),
            Expected("POST /visits", "lost-write"),
            Expected("POST /reviews", "early-answer"),
            Expected("POST /reviews", "lost-write"),
        ),
        checks=ENGINE,
    ),
    Twin(
        "notes",
        (
            Expected("POST /notes", "poisoned-pool"),
            Expected("POST /notes/{note}/likes", "left-in-transaction"),
            Expected("POST /notes/{note}/pins", "transaction-left-open"),
            Expected("PUT /notes/{note}/tags", "partial-state", Tier.SUSPECTED),
            Expected("PUT /notes/{note}/tags", "duplicate-rows"),
            Expected("POST /imports", "poisoned-pool"),
        ),
        checks=ENGINE,
    ),
    Twin(
        "sagas",
        (
            Expected("POST /shipments", "partial-state"),
            Expected("POST /deliveries", "uncompensated-call"),
            Expected("POST /deliveries", "no-timeout"),
            Expected("POST /deliveries", "transaction-open-during-call", Tier.SUSPECTED),
            Expected("POST /deliveries", "call-in-transaction", Tier.NOTE),
            Expected("POST /orders", "lost-call"),
            Expected("POST /invoices/1/payment", "duplicated-call"),
            Expected("POST /invoices/1/payment", "uncompensated-call"),
        ),
        checks=ENGINE,
    ),
    Twin(
        "races",
        (
            Expected("POST /accounts/1/withdrawals", "lost-update"),
            Expected("POST /accounts/1/fees", "lost-update"),
            Expected("POST /counters/hits", "lost-update"),
            Expected("POST /jobs/claim", "lost-update"),
            Expected("POST /sales", "guard-bypass"),
            Expected("POST /coupons/HALF/use", "guard-bypass"),
            Expected("POST /projects", "guard-bypass"),
            Expected("POST /seats/1/bookings", "guard-bypass"),
            Expected("PUT /doctors/{doctor}/leave", "write-skew"),
            Expected("POST /orders/1/lines", "non-serializable"),
            Expected("POST /shifts/1/takers", "unhandled-conflict", Tier.SUSPECTED),
            Expected("POST /members", "duplicate-rows"),
            Expected("PUT /tags/blue", "duplicate-rows"),
            Expected("PATCH /profiles/1", "full-row-overwrite"),
            Expected("PATCH /notes/1", "resurrected-row"),
            Expected("POST /contacts", "duplicate-effect"),
            Expected("PUT /carts/1/lines", "duplicate-effect"),
            Expected("POST /payments/after", "partial-state"),
            Expected("POST /payments/after", "duplicate-effect"),
            Expected("POST /payments/after", "key-without-fingerprint"),
            Expected("POST /payments/looked", "duplicate-effect"),
            Expected("POST /payments/bare", "key-without-fingerprint"),
            Expected("POST /payments/shared", "key-not-scoped"),
            Expected("POST /payments/first", "partial-state", Tier.SUSPECTED),
            Expected("POST /payments/first", "key-blocks-retry", Tier.SUSPECTED),
            Expected("POST /payments/promised", "partial-state"),
            Expected("POST /payments/promised", "empty-replay"),
            Expected("POST /payments/vague", "wrong-key-status", Tier.NOTE),
        ),
        checks=ENGINE,
    ),
    Twin(
        "races_django",
        (
            Expected("POST /wallets/1/withdrawals", "lost-update"),
            Expected("POST /pages/1/views", "lost-update"),
            Expected("POST /articles/1/edits", "lost-update"),
            Expected("POST /jobs/claim", "lost-update"),
            Expected("POST /orders", "guard-bypass"),
            Expected("POST /coupons/HALF/redemptions", "guard-bypass"),
            Expected("POST /projects", "guard-bypass"),
            Expected("POST /seats/1/bookings", "guard-bypass"),
            Expected("PUT /doctors/{doctor}/leave", "write-skew"),
            Expected("POST /members", "duplicate-rows"),
            Expected("PUT /preferences/theme", "duplicate-rows"),
            Expected("PATCH /profiles/1/{column}", "full-row-overwrite"),
            Expected("POST /payments", "duplicate-effect"),
            Expected("POST /shipments", "no-timeout"),
            Expected("POST /shipments", "transaction-open-during-call", Tier.SUSPECTED),
            Expected("POST /shipments", "call-in-transaction", Tier.NOTE),
        ),
        checks=ENGINE,
    ),
    Twin(
        "races_express",
        (
            Expected("POST /accounts/1/withdrawals", "lost-update"),
            Expected("POST /counters/hits", "lost-update"),
            Expected("POST /articles/1/edits", "lost-update"),
            Expected("POST /jobs/claim", "lost-update"),
            Expected("POST /sales", "guard-bypass"),
            Expected("POST /coupons/HALF/redemptions", "guard-bypass"),
            Expected("POST /projects", "guard-bypass"),
            Expected("POST /seats/1/bookings", "guard-bypass"),
            Expected("PUT /doctors/{doctor}/leave", "write-skew"),
            Expected("POST /members", "duplicate-rows"),
            Expected("PUT /preferences/theme", "duplicate-rows"),
            Expected("PATCH /profiles/1", "full-row-overwrite"),
            Expected("POST /payments", "partial-state"),
            Expected("POST /payments", "duplicate-effect"),
            Expected("DELETE /drafts/1", "ended-by-overlap"),
            Expected("POST /deliveries", "uncompensated-call"),
            Expected("POST /deliveries", "no-timeout"),
            Expected("POST /deliveries", "transaction-open-during-call", Tier.SUSPECTED),
            Expected("POST /deliveries", "call-in-transaction", Tier.NOTE),
            Expected("PUT /subscriptions/ada", "ended-by-retry"),
            Expected("POST /alerts", "service-died"),
        ),
        needs=("node", "npm"),
        checks=ENGINE,
    ),
    Twin(
        "leaks",
        (
            *LEAKS,
            SENT_ON,
            Expected("GET /authors/{author}", "sql-injection"),
            Expected("GET /drafts", "statements-per-row"),
            Expected("POST /hooks", "server-side-request-forgery"),
        ),
    ),
    Twin(
        "leaks_django",
        (*LEAKS, SENT_ON, Expected("GET /members", "client-names-column", Tier.NOTE)),
    ),
    Twin(
        "tenants",
        (
            Expected("GET /documents/{key}", "tenant-crossed"),
            Expected("PUT /documents/{key}", "foreign-object"),
            Expected("DELETE /documents/{key}", "open-to-nobody"),
            Expected("POST /archive", "tenant-crossed"),
            Expected("GET /meters/{meter}", "tenant-crossed"),
            Expected("POST /exports", "tenant-crossed"),
            Expected("GET /documents/{key}/notes/{note}", "foreign-parent"),
            Expected("GET /teams/{team}/tasks", "tenant-crossed"),
            Expected("GET /users/{member}/documents", "foreign-object"),
            Expected("PUT /users/{member}/role", "role-bypassed"),
            Expected("POST /coupons/{coupon}/extension", "unlike-its-family", Tier.NOTE),
            Expected("PATCH /me", "protected-column"),
            Expected("GET /me", "unsigned-token"),
            Expected("GET /me", "weak-key"),
            Expected("GET /me", "expired-token"),
            Expected("GET /me", "ended-session"),
            Expected("POST /users", "password-stored"),
            Expected("POST /password/reset", "token-used-twice"),
        ),
    ),
    Twin(
        "keys",
        (
            Expected("GET /me", "public-key-token"),
            Expected("GET /me", "brought-key-token"),
            Expected("GET /me", "named-key-token"),
            Expected("GET /me", "expired-token"),
            Expected("GET /me", "other-audience-token"),
            Expected("GET /letters", "foreign-key-token"),
            Expected("GET /notices", "malformed-credential"),
            Expected("POST /devices", "token-stored", Tier.NOTE),
            Expected("GET /letters", "undeclared-refusal", Tier.NOTE),
            Expected("POST /users", "secret-passed-on", Tier.NOTE),
        ),
        checks=("authentication", "contract"),
    ),
    Twin(
        "keys_django",
        (
            Expected("GET /me", "public-key-token"),
            Expected("GET /me", "brought-key-token"),
            Expected("GET /me", "named-key-token"),
            Expected("GET /me", "expired-token"),
            Expected("GET /me", "other-audience-token"),
            Expected("GET /kiosk/loans", "unsigned-token"),
            Expected("GET /kiosk/loans", "weak-key"),
            Expected("GET /loans", "foreign-key-token"),
            Expected("GET /loans", "undeclared-refusal", Tier.NOTE),
            Expected("GET /notices", "malformed-credential"),
            Expected("POST /devices", "token-stored", Tier.NOTE),
            Expected("POST /readers", "password-stored"),
            Expected("POST /readers", "secret-passed-on", Tier.NOTE),
            Expected("POST /password/reset", "token-used-twice"),
        ),
        checks=("authentication", "contract"),
    ),
    Twin(
        "keys_express",
        (
            Expected("GET /me", "public-key-token"),
            Expected("GET /me", "brought-key-token"),
            Expected("GET /me", "named-key-token"),
            Expected("GET /me", "expired-token"),
            Expected("GET /me", "other-audience-token"),
            Expected("GET /letters", "foreign-key-token"),
            Expected("GET /jobs", "unsigned-token"),
            Expected("GET /jobs", "weak-key"),
            Expected("GET /desk/tickets", "ended-session"),
            Expected("GET /desk/tickets", "expired-session"),
        ),
        needs=("node", "npm"),
        checks=("authentication",),
    ),
    Twin(
        "tenants_django",
        (
            Expected("GET /projects", "tenant-crossed"),
            Expected("GET /projects", "tampered-token"),
            Expected("GET /projects", "ended-session"),
            Expected("GET /projects", "expired-session"),
            Expected("GET /drafts/{draft}", "foreign-object"),
            Expected("DELETE /drafts/{draft}", "foreign-object"),
            Expected("POST /merges", "foreign-object"),
            Expected("PUT /plan", "access-widened"),
            Expected("POST /drafts", "protected-column"),
            Expected("PUT /drafts/{draft}/words", "foreign-object"),
            Expected("POST /drafts/{draft}/publication", "open-to-nobody"),
            Expected("GET /drafts/{draft}/remarks/{remark}", "foreign-parent"),
            Expected("PUT /accounts/{member}/role", "role-bypassed"),
            Expected("POST /coupons/{coupon}/extension", "unlike-its-family", Tier.NOTE),
        ),
    ),
    Twin(
        "tenants_express",
        (
            Expected("GET /receipts", "foreign-object"),
            Expected("PUT /orders/{order}/items/{item}", "foreign-parent"),
            Expected("GET /colleagues/{member}", "tenant-crossed"),
            Expected("DELETE /colleagues/{member}", "role-bypassed"),
            Expected("DELETE /orders/{order}", "open-to-nobody"),
            Expected("PUT /plan", "access-widened"),
            Expected("POST /announcements/{key}/pin", "unlike-its-family", Tier.NOTE),
            Expected("PATCH /me", "protected-column"),
            Expected("GET /me", "tampered-token"),
            Expected("GET /me", "expired-token"),
            Expected("GET /notices", "malformed-credential"),
            Expected("POST /devices", "token-stored", Tier.NOTE),
            Expected("POST /users", "password-stored"),
            Expected("POST /password/reset", "token-used-twice"),
            Expected("POST /users", "secret-passed-on", Tier.NOTE),
        ),
        needs=("node", "npm"),
    ),
    Twin(
        "leaks_express",
        (
            *LEAKS,
            Expected("PATCH /articles/{article}", "sql-injection"),
            Expected("GET /members", "client-names-column", Tier.NOTE),
        ),
        needs=("node", "npm"),
    ),
    Twin(
        "intake",
        (
            Expected("POST /tickets", "accepted-invalid"),
            Expected("POST /coupons", "written-before-validation"),
            Expected("POST /badges", "unhandled-input", Tier.SUSPECTED),
            Expected("POST /drafts", "unhandled-input", Tier.SUSPECTED),
            Expected("POST /notes", "unhandled-input"),
            Expected("POST /tickets/{ticket}/labels", "unhandled-input"),
            Expected("GET /tickets/{ticket}", "schema-violation"),
            Expected("GET /internal/tickets", "undeclared-route"),
            Expected("GET /metrics", "open-internals"),
            Expected("GET /summary", "breaking-change", Tier.SUSPECTED),
            Expected("POST /coupons", "uneven-errors", Tier.NOTE),
            Expected("POST /notes", "misrouted", Tier.SUSPECTED),
            Expected("POST /prices", "altered-value"),
            Expected("POST /devices", "reads-otherwise"),
            Expected("POST /visits", "accepted-invalid"),
            Expected("POST /visits", "unhandled-input", Tier.SUSPECTED),
            Expected("POST /tariffs", "altered-value"),
            Expected("POST /sensors", "reads-otherwise"),
            Expected("POST /subscribers", "normalised-value", Tier.NOTE),
            Expected("PATCH /profiles/{profile}", "wiped-by-omission"),
        ),
    ),
    Twin(
        "intake_django",
        (
            Expected("POST /subscribers", "accepted-invalid"),
            Expected("POST /invitations", "written-before-validation"),
            Expected("POST /comments", "unhandled-input"),
            Expected("GET /subscribers/{subscriber}", "schema-violation"),
            Expected("GET /reports/dump", "undeclared-route"),
            Expected("GET /metrics", "open-internals"),
            Expected("POST /comments", "misrouted", Tier.SUSPECTED),
            Expected("POST /invitations", "uneven-errors", Tier.NOTE),
            Expected("POST /meetings", "altered-value"),
            Expected("POST /meetings", "unhandled-input", Tier.SUSPECTED),
            Expected("POST /subscribers", "normalised-value", Tier.NOTE),
            Expected("POST /comments", "undeclared-status"),
            Expected("GET /v2/invitations/{invitation}", "undeclared-media-type"),
            Expected("GET /v2/invitations/{invitation}", "missing-header"),
            Expected("GET /v1/invitations", "old-version"),
            Expected("POST /imports", "ended-by-input"),
            Expected("POST /reminders", "reads-otherwise"),
            Expected("PATCH /profiles/{profile}", "wiped-by-omission"),
            Expected("GET /summary", "breaking-change", Tier.SUSPECTED),
        ),
    ),
    Twin(
        "intake_express",
        (
            Expected("POST /items", "accepted-invalid"),
            Expected("POST /items", "undeclared-status"),
            Expected("GET /v2/items/{item}", "undeclared-media-type"),
            Expected("GET /v2/items/{item}", "missing-header"),
            Expected("GET /v1/items", "old-version"),
            Expected("GET /v2/summary", "schema-violation"),
            Expected("GET /v2/summary", "breaking-change", Tier.SUSPECTED),
            Expected("GET /internal/items", "undeclared-route"),
            Expected("POST /baskets", "written-before-validation"),
            Expected("PATCH /profiles/{profile}", "wiped-by-omission"),
            Expected("POST /subscribers", "normalised-value", Tier.NOTE),
            Expected("POST /parcels", "reads-otherwise"),
            Expected("POST /bookings", "reads-otherwise"),
            Expected("POST /devices", "altered-value"),
            Expected("POST /alerts", "ended-by-input"),
            Expected("POST /orders", "unhandled-input"),
            Expected("POST /orders", "misrouted", Tier.SUSPECTED),
            Expected("POST /orders", "undeclared-refusal", Tier.NOTE),
            Expected("POST /devices", "uneven-errors", Tier.NOTE),
            Expected("GET /metrics", "open-internals", Tier.SUSPECTED),
        ),
        needs=("node", "npm"),
    ),
]
DEEP = [
    Twin(
        "intake",
        (Expected("POST /letters", "text-without-limit", Tier.SUSPECTED),),
        checks=("resources",),
    ),
    Twin(
        "intake_django",
        (Expected("POST /letters", "text-without-limit", Tier.SUSPECTED),),
        checks=("resources",),
    ),
    Twin(
        "intake_express",
        (Expected("POST /letters", "text-without-limit", Tier.SUSPECTED),),
        needs=("node", "npm"),
        checks=("resources",),
    ),
]
"""What only a deep run looks for."""
SOUND = [*TWINS, Twin("lookalikes", (), checks=ENGINE), Twin("background", (), checks=ENGINE)]
"""What runs in its fixed variant, or has no other."""

"""What the bundled service shows, by check, class and operation."""

from __future__ import annotations

PROVEN = {
    ("rollback", "partial-state", "POST /orders"),
    ("rollback", "refused-but-wrote", "POST /orders"),
    ("rollback", "refused-but-wrote", "POST /coupons"),
    ("rollback", "refused-but-wrote", "POST /cart/checkout"),
    ("rollback", "lost-write", "POST /orders/{order}/cancel"),
    ("rollback", "uncompensated-call", "POST /orders/{order}/payment"),
    ("rollback", "no-timeout", "POST /orders/{order}/refund"),
    ("rollback", "lost-write", "POST /orders/{order}/refund"),
    ("rollback", "poisoned-pool", "POST /products/{product}/deliveries"),
    ("rollback", "partial-state", "POST /transfers"),
    ("rollback", "stuck-retry", "POST /cart/checkout"),
    ("trace", "commit-rolled-back", "POST /orders/{order}/refund"),
    ("trace", "early-answer", "POST /products/{product}/reviews"),
    ("idempotency", "duplicate-effect", "POST /orders"),
    ("idempotency", "duplicate-effect", "PUT /cart/items/{product}"),
    ("idempotency", "key-not-scoped", "POST /orders"),
    ("idempotency", "key-without-fingerprint", "POST /orders"),
    ("concurrency", "guard-bypass", "POST /orders"),
    ("concurrency", "guard-bypass", "POST /orders/{order}/coupon"),
    ("concurrency", "lost-update", "POST /transfers"),
    ("authentication", "ended-session", "GET /me"),
    ("authentication", "expired-token", "GET /me"),
    ("authentication", "unsigned-token", "GET /me"),
    ("authorization", "role-bypassed", "PUT /users/{member}/role"),
    ("authorization", "tenant-crossed", "GET /orders/{order}"),
    ("contract", "schema-violation", "GET /invoices/{invoice}"),
    ("exposure", "database-in-error", "POST /orders"),
    ("exposure", "secret-in-answer", "GET /users"),
    ("injection", "sql-injection", "GET /products"),
    ("inventory", "undeclared-route", "GET /debug/orders"),
    ("mass-assignment", "protected-column", "PATCH /me"),
    ("resources", "statements-per-row", "GET /orders"),
    ("roundtrip", "altered-value", "POST /products"),
    ("ssrf", "server-side-request-forgery", "POST /webhooks"),
    ("validation", "unhandled-input", "POST /coupons"),
    ("validation", "written-before-validation", "POST /coupons"),
}
SUSPECTED = {
    ("rollback", "transaction-open-during-call", "POST /orders/{order}/refund"),
    ("rollback", "uncompensated-call", "POST /orders/{order}/refund"),
    ("rollback", "error-not-translated", "POST /orders/{order}/refund"),
    ("rollback", "error-not-translated", "POST /orders/{order}/payment"),
    ("resources", "list-without-limit", "GET /orders"),
    ("resources", "reads-per-item", "POST /orders"),
    ("validation", "unhandled-input", "POST /coupons"),
}
SHARED = {"database-in-error", "ended-session", "expired-token", "unsigned-token"}
"""Classes of PROVEN that any operation shows: what they are of stands in one place."""
BESIDE = {
    ("concurrency", "duplicate-rows", "POST /orders"),
    ("concurrency", "duplicate-rows", "PUT /cart/items/{product}"),
    ("concurrency", "lost-update", "POST /orders"),
    ("concurrency", "lost-update", "POST /orders/{order}/cancel"),
    ("concurrency", "non-serializable", "POST /orders/{order}/payment"),
    ("rollback", "lost-write", "POST /products/{product}/reviews"),
    ("roundtrip", "altered-value", "PUT /products/{product}"),
    ("validation", "written-before-validation", "POST /orders"),
}
"""What is proven beside that where every check is run on every operation."""

"""A small shop for several tenants: orders, carts, coupons, payments, transfers, stock.

- `app`        puts it together; `uvicorn seamproof.demo.service.app:app`
- `settings`   what the environment says
- `models`     the tables
- `schemas`    what travels over HTTP
- `database`   the engine and the unit of work
- `security`   passwords and tokens
- `principal`  who is asking, and when they were last seen
- `audit`      who tried what in vain
- `payments`   the client of the payment provider
- `common/`    routes that both twins share
- `broken/`, `fixed/`   one file a use case, to be read side by side
- `variant`    chooses between them
"""

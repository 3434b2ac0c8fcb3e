"""The use cases as busy engineers write them; compare each file with its twin in `fixed`.

Nothing here is exotic: each defect passes its unit tests and a happy-path integration test.

rollback
    POST /orders                          commits early and after each line: leaves parts of orders
    POST /orders/{order}/cancel           logs the error and answers 200, nothing stored
    POST /orders/{order}/payment          charges, and rolls back: the retry charges again
    POST /orders/{order}/refund           asks the provider with no timeout, its rows locked
    both                                  answer 500 where the provider fails
    POST /products/{product}/deliveries   gives a failed connection back to its own pool
    POST /transfers                       debits in one transaction and credits in the next
    POST /cart/checkout                   leaves an empty order: every retry collides with it
trace
    POST /orders/{order}/refund           COMMIT on a failed transaction answers ROLLBACK, we 201
    POST /products/{product}/reviews      commits after the answer was sent
    GET /reports/sales                    its connection stays in a transaction
idempotency
    PUT /cart/items/{product}             adds where it must set: a repeated PUT doubles
    POST /orders                          keeps the key after the order was committed: a repetition
                                          meanwhile orders twice. Keeps it for all users, and does
                                          not look at what was ordered under it
concurrency
    POST /orders, POST /cart/checkout     read stock, compute, write: oversell
    POST /orders/{order}/coupon           reads `used`, compares, writes: used twice
    POST /transfers                       reads balances, computes, writes: loses an update
    POST /orders/{order}/cancel,
    POST /orders/{order}/payment,
    POST /orders/{order}/refund           read the status, then act on it: twice
    PUT /cart/items/{product}             looks for an open cart, then makes one: makes two
authorization
    GET /orders/{order}                   has no owner and no tenant in its WHERE
    GET /invoices/{invoice}               the same
    PUT /users/{member}/role              anybody of the tenant may
    POST /products, PUT /products/{product}   the same
authentication
    all                                   believe `alg: none`, expired and logged-out tokens
validation
    POST /coupons                         stores first and validates afterwards
mass-assignment
    PATCH /me                             sets every attribute of the body: role, balance
contract
    GET /invoices/{invoice}               answers what its schema does not say
injection
    GET /products                         puts `search` and `sort` into the SQL as they come
exposure
    GET /users                            has the password hashes in its answer
    all                                   answer the SQL of a failed statement
resources
    GET /orders                           one query an order, no limit
    POST /orders/{order}/refund           calls the provider inside of the transaction
inventory
    GET /debug/orders                     is there, for everybody, and not in the document
ssrf
    POST /webhooks                        calls any address to "verify" it
roundtrip
    POST /products, PUT /products/{product}   make cents of a float: 19.99 becomes 19.98
"""

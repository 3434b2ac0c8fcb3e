"""The use cases done rightly; compare each file with its twin in `broken`.

The rules that they follow: one transaction a request, committed before the answer; guards in the
WHERE of the statement that changes the row, never in Python before it; rows locked in the order
of their keys; the tenant in every WHERE; calls to others outside of transactions, and undone when
what they were for does not come to pass; an error of the database is the client's to retry, and
its text is nobody's to read.
"""

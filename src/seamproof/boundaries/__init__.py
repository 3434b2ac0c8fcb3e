"""Controlled interposition points: one port of ours in the place of something the service uses.

- `postgres`   the SQL boundary: a PostgreSQL proxy that records, holds and faults
- `entrance`   a client's connection until its StartupMessage can be read: plain, or through TLS
- `tls`        TLS that ends here: a transport for the link
- `authority`  the certificate that is shown for it, and who vouches for that
- `link`       one client's connection and its upstream, with flow control both ways
- `shared`     a port whose clients share one session and one transaction
- `http`       the outbound HTTP boundary: a fake of an external service
- `http_inbound` a proxy in front of the service, that tells what is sent to it
- `http_proxy` refuses calls that nothing fakes
- `http_sinkhole` takes whatever a service can be made to call
- `http_link`  one connection to either, and the faults of a call
- `http_calls` the calls that were made, and the faults and holds that wait for them
- `http_stub`  what a fake answers: which reply, with which values
- `listening`  a port on loopback
- `numbers`    the numbers of connections
- `hold`       a crossing that waits until somebody lets it go
- `ledger`     what crossed, counted by shape, and the faults and holds that wait for it
"""

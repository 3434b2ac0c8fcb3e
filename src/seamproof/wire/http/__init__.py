"""The server's side of HTTP/1.1 (RFC 9112), and what a fake makes of a request.

- `conversation`  one connection: bytes in, requests out one after the other, answers as bytes
- `forwarding`    a request passed on to the service, and its answer in pieces
- `faults`        answers that are cut short, or are not what they say
- `paths`         path templates, and what a path looks like without its ids
- `templates`     values of the request, and fresh ids, in what is answered

    client bytes -> Conversation.receive -> Output(to_client, events, close)
    a Response   -> Conversation.answer  -> Output, with the next request where it is there already
"""

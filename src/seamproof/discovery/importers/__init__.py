"""Recorded traffic to scenarios that a person reads and commits. Adding a format is adding a file.

    file -> source -> har | postman -> Sent requests -> composing -> Imported -> writing -> YAML
          inbound proxy -> proxied -^

- `har`, `postman`  the formats, each a part of the kind `importer`
- `proxied`         what passed the inbound proxy, with what each request changed
- `recorded`, `replaying`  recorded exchanges in no format's own terms, as requests to send again
- `sent`            the nouns: a request that was sent, what its response gave, what comes of it all
- `source`          JSON of strangers: bounded, every mistake with its place
- `addresses`       where the service is in a file: its address, and what is below it
- `bodies`          bodies of requests as scenarios can express them; `postman_bodies` Postman's
- `authorization`   Postman's authorization, as identities
- `identities`      who sent a request, and how to configure them
- `sessions`        the same from recorded credentials: logins, tokens that are renewed, cookies
- `secrecy`         passwords and tokens, which are never written
- `links`           which earlier response a value comes from
- `variables`, `scripts`  Postman's variables and the scripts that set them
- `composing`       requests and what they need to scenarios
- `traffic`         what a format makes of a file, and what comes of it
- `filing`          the file that it goes to

Nothing here reads more than the files that are named, and nothing is fetched.
"""

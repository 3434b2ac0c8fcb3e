"""Identities to credentials, and credentials kept valid for as long as a run lasts.

    configuration -> admission -> one way in -> Admitted -> wallet -> every request

- `admission`  registers and signs everybody in, one after the other
- `wallet`     who is signed in, until when, and what they were answered
- `admitted`   credentials, and how long they are good for
- `desk`       the requests of a sign-in, and why one is refused
- `register`   an account is made
- `login`      a request that signs in: a token, or a session with cookies
- `csrf`       the token against forged requests that goes with a session
- `oauth2`     an access token from the token endpoint
- `command`    a token that a command prints
- `logins`     the same requests as scenarios, which refer to what is typed
- `tampering`  the same credentials, expired, unsigned, signed with another key
- `tokens`     JSON Web Tokens, taken apart and joined
- `asymmetric` keys of two halves, of the service's configuration and of ours
- `signing_keys` what the service may sign with, as its configuration has it
- `given`      what is sent as it is configured: basic, bearer, header, API key
- `expiry`     how long a token or a cookie lives, by what says so
- `peers`      a further identity as data, by the operation that makes accounts
- `recognition` which configured identity somebody is who was seen to sign in
- `recruiting` tries that, where an identity is alone
"""

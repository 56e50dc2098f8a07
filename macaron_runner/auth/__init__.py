"""Who is asking: verifiers of tokens, the security requirements of a document, and the user a handler sees.

    claims       what a token must say, and how long it holds (pure)
    tokens       signatures: the one door to PyJWT; issues the service's own tokens
    cache        tokens that were verified a moment ago
    verifiers    `auth:` of macaron.yaml -> callables that turn a credential into an Identity
    credentials  where a request carries a credential
    security     security requirements of an operation -> one guard
    users        what handlers and tasks call

Not for deciding what a known user may do beyond the scopes a document names: that is the handler's.
"""

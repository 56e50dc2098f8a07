"""The token by which whoever deploys may call a service that is not public. Not for the service's own tokens (auth).

https://cloud.google.com/run/docs/authenticating/developers: an OpenID Connect token for the service's own address; of a
person, that of their login serves as well.
"""

from __future__ import annotations

from typing import Any, Final

HEADER: Final = "X-Serverless-Authorization"
"""Cloud Run looks here first, and leaves Authorization to the service."""


def identity_token(credentials: Any, audience: str) -> str:
    """Return a token for the service at the address `audience`, "" where the credentials give none."""
    from google.auth import impersonated_credentials
    from google.auth.credentials import AnonymousCredentials
    from google.auth.exceptions import GoogleAuthError
    from google.auth.transport.requests import Request
    from google.oauth2 import id_token

    if isinstance(credentials, AnonymousCredentials):
        return ""
    request = Request()
    try:
        if isinstance(credentials, impersonated_credentials.Credentials):
            own = impersonated_credentials.IDTokenCredentials(credentials, audience, include_email=True)
            own.refresh(request)
            return str(own.token or "")
        if getattr(credentials, "refresh_token", None):
            credentials.refresh(request)
            return str(credentials.id_token or "")
        return str(id_token.fetch_id_token(request, audience) or "")
    except (GoogleAuthError, ValueError):
        return ""

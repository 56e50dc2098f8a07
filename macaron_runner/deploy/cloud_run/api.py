"""Requests to Google's APIs, each printed before it is sent, with the credentials that Google's own tools use.

`CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN` and `…_LOGGING` name other addresses of the APIs, and with
`CLOUDSDK_AUTH_DISABLE_CREDENTIALS` nobody in particular asks, as gcloud understands them. Not for what is asked for
(live, moves).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from urllib.parse import urlencode

from macaron_runner.deploy.cloud_run.causes import likely_cause
from macaron_runner.deploy.cloud_run.template import Json
from macaron_runner.deploy.failures import DeploymentFailed, Failure
from macaron_runner.deploy.hands import Hands, Transient
from macaron_runner.errors import DependencyMissing

Send: TypeAlias = Callable[[str, str, Json | None], tuple[int, Any]]
"""Sends method, URL and body; returns the status of the answer and its JSON (a text where it is none)."""

SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
RUN: Final = "https://run.googleapis.com/"
LOGGING: Final = "https://logging.googleapis.com/"
_PATIENCE: Final = 60.0
_MOMENTARY: Final = (429, 500, 502, 503, 504)
_NOT_FOUND: Final = 404
_CONFLICT: Final = 409


class ApiError(Exception):
    """An answer that is an error (google.rpc.Status): HTTP status, code as "ABORTED", message."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status, self.code, self.message = status, code, message


class NoAnswer(Exception):
    """The API could not be reached, or broke off."""


class Conflict(DeploymentFailed):
    """Somebody else changed the resource since it was read, or made it."""


def is_momentary(error: Exception) -> bool:
    """Tell whether the same request may well succeed a moment later; each of ours may be sent twice."""
    return isinstance(error, NoAnswer) or (isinstance(error, ApiError) and error.status in _MOMENTARY)


@dataclass(frozen=True, slots=True)
class Api:
    """The Cloud Run Admin API v2 (`run`) and Cloud Logging (`logging`) at their addresses."""

    hands: Hands
    send: Send
    run: str = RUN
    logging: str = LOGGING

    def read(self, name: str, **query: str) -> Json | None:
        """Return a resource by its full name, None where there is none. Raises Failure."""
        url = self._url(name, query)
        try:
            return self.hands.call(
                f"GET {url}", lambda: self._sent("GET", url), acts=False, again=is_momentary
            )
        except ApiError as error:
            if error.status == _NOT_FOUND:
                return None
            raise _failure(f"GET {url}", error) from error
        except NoAnswer as error:
            raise Failure(f"GET {url}", None, [str(error)]) from error

    def listed(self, collection: str) -> Iterator[Json]:
        """Yield all resources of a collection: "projects/p/locations/r/workerPools". Raises Failure."""
        query: dict[str, str] = {}
        while True:
            page = self.read(collection, **query) or {}
            yield from page.get(collection.rpartition("/")[2], ())
            if not (following := page.get("nextPageToken")):
                return
            query = {"pageToken": following}

    def act(
        self,
        method: str,
        name: str,
        body: Json | None = None,
        *,
        again: Transient = is_momentary,
        **query: str,
    ) -> Json | None:
        """Change something; return the answer, mostly an operation; None in a dry run.

        `again` tells of which errors it may be sent once more. Raises Conflict where somebody else was faster, Failure
        for anything else.
        """
        url = self._url(name, query)
        shown = f"{method} {url}"
        try:
            return self.hands.call(shown, lambda: self._sent(method, url, body), again=again)
        except ApiError as error:
            if error.status == _CONFLICT:
                raise Conflict(error.message) from error
            raise _failure(shown, error) from error
        except NoAnswer as error:
            raise Failure(shown, None, [str(error)]) from error

    def log_entries(self, question: Json) -> list[Json]:
        """Return what entries:list answers to a question. Raises Failure."""
        url = f"{self.logging}v2/entries:list"
        try:
            answer = self.hands.call(
                f"POST {url} {question['filter']}",
                lambda: self._sent("POST", url, question),
                acts=False,
                again=is_momentary,
            )
        except (ApiError, NoAnswer) as error:
            raise Failure(f"POST {url}", None, [str(error)]) from error
        return list(answer.get("entries", ()))

    def _url(self, name: str, query: Mapping[str, str]) -> str:
        return f"{self.run}v2/{name}" + (f"?{urlencode(query, safe=',')}" if query else "")

    def _sent(self, method: str, url: str, body: Json | None = None) -> Json:
        status, answer = self.send(method, url, body)
        if status >= 400:
            raise _error(status, answer)
        return answer if isinstance(answer, dict) else {}


def _error(status: int, answer: Any) -> ApiError:
    told = answer.get("error") if isinstance(answer, dict) else None
    if not isinstance(told, dict):
        return ApiError(status, "", str(answer)[:500])
    return ApiError(status, str(told.get("status", "")), str(told.get("message", "")))


def _failure(shown: str, error: ApiError) -> Failure:
    cause = likely_cause(f"{error.code} {error.message}")
    return Failure(shown, None, [str(error), *([f"likely cause: {cause}"] if cause else [])])


def credentials_of(environ: Mapping[str, str]) -> Any:
    """Return the credentials of whoever deploys: Application Default Credentials, found as Google's tools find them.

    Raises DependencyMissing where google-auth is not installed, or there are none.
    """
    try:
        import google.auth
        from google.auth.credentials import AnonymousCredentials
        from google.auth.exceptions import DefaultCredentialsError
    except ImportError as error:
        message = "Cloud Run needs google-auth: pip install 'macaron-runner[cloud_run]'"
        raise DependencyMissing(message) from error
    if environ.get("CLOUDSDK_AUTH_DISABLE_CREDENTIALS", "").lower() in ("true", "1"):
        return AnonymousCredentials()
    try:
        return google.auth.default(scopes=[SCOPE])[0]
    except DefaultCredentialsError as error:
        message = "there are no credentials of Google Cloud here: gcloud auth application-default login"
        raise DependencyMissing(message) from error


def sender(credentials: Any) -> Send:
    """Return what sends requests with credentials, and refreshes them where they have expired."""
    import requests
    from google.auth.exceptions import GoogleAuthError, TransportError
    from google.auth.transport.requests import AuthorizedSession

    session = AuthorizedSession(credentials)

    def send(method: str, url: str, body: Json | None) -> tuple[int, Any]:
        try:
            answer = session.request(method, url, json=body, timeout=_PATIENCE)
        except (TransportError, requests.RequestException) as error:
            raise NoAnswer(str(error)) from error
        except GoogleAuthError as error:
            message = f"Google refuses the credentials: gcloud auth application-default login ({error})"
            raise DependencyMissing(message) from error
        try:
            return answer.status_code, answer.json() if answer.content else {}
        except ValueError:
            return answer.status_code, answer.text

    return send


def address_of(environ: Mapping[str, str], api: str, default: str) -> str:
    """Return the address of an API, "/" at its end: that which gcloud would use."""
    address = environ.get(f"CLOUDSDK_API_ENDPOINT_OVERRIDES_{api.upper()}") or default
    return f"{address.rstrip('/')}/"

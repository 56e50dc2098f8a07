"""Every slip by which an operation that was to be protected could end up open: refused, or guarded all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from macaron_runner.auth.security import compile_security
from macaron_runner.auth.verifiers import compile_verifiers
from macaron_runner.configuration.load import load
from macaron_runner.configuration.selection import Selection
from macaron_runner.diagnostics import BadConfiguration, raise_errors
from macaron_runner.documents import read_documents
from macaron_runner.openapi.api import read_api

SERVICE = """
macaron: 1
service: {name: shop}
secrets: {jwt: {generate: true}}
auth: {users: {type: jwt, issuer: i, audience: a, algorithms: [HS256], keys: {main: {secret: "${secret:jwt}"}}}}
apis: {shop: {spec: api.yaml, handlers: none}}
"""
BEARER = {
    'swagger: "2.0"': "securityDefinitions: {key: {type: apiKey, in: header, name: Authorization}}",
    "openapi: 3.0.3": "components: {securitySchemes: {key: {type: http, scheme: bearer}}}",
    "openapi: 3.1.0": "components: {securitySchemes: {key: {type: http, scheme: bearer}}}",
}
ANSWER = "responses: {'200': {description: ok}}"

GUARDED = {
    "plain": f"paths: {{/a: {{get: {{security: [{{key: []}}], {ANSWER}}}}}}}",
    "inherited": f"security: [{{key: []}}]\npaths: {{/a: {{get: {{{ANSWER}}}}}}}",
    "inherited_by_another_file": "security: [{key: []}]\npaths: {/a: {$ref: other.yaml}}",
}
"""What stands beside the definition of the scheme; other.yaml has an operation that says nothing of security."""

REFUSED = {
    "null": f"security: [{{key: []}}]\npaths: {{/a: {{get: {{security: null, {ANSWER}}}}}}}",
    "nothing_after_the_colon": f"security:\npaths: {{/a: {{get: {{{ANSWER}}}}}}}",
    "map": f"paths: {{/a: {{get: {{security: {{key: []}}, {ANSWER}}}}}}}",
    "text": f"paths: {{/a: {{get: {{security: key, {ANSWER}}}}}}}",
    "list_of_texts": f"paths: {{/a: {{get: {{security: [key], {ANSWER}}}}}}}",
    "scopes_null": f"paths: {{/a: {{get: {{security: [{{key: null}}], {ANSWER}}}}}}}",
    "misspelt_keyword": f"paths: {{/a: {{get: {{securty: [{{key: []}}], {ANSWER}}}}}}}",
    "capital_keyword": f"paths: {{/a: {{get: {{Security: [{{key: []}}], {ANSWER}}}}}}}",
    "misspelt_scheme": f"paths: {{/a: {{get: {{security: [{{keys: []}}], {ANSWER}}}}}}}",
    "one_of_two_misspelt": f"paths: {{/a: {{get: {{security: [{{key: []}}, {{keys: []}}], {ANSWER}}}}}}}",
    "for_a_whole_path": f"paths: {{/a: {{security: [{{key: []}}], get: {{{ANSWER}}}}}}}",
}


def judge(folder: Path, document: str, neighbour: str = f"get: {{{ANSWER}}}") -> bool:
    """Tell whether the only operation has a guard. Raises BadConfiguration where the service does not start."""
    (folder / "macaron.yaml").write_text(SERVICE)
    (folder / "other.yaml").write_text(neighbour)
    (folder / "api.yaml").write_text(f'info: {{title: T, version: "1"}}\n{document}\n')
    configuration = load(Selection(str(folder / "macaron.yaml")), environ={})
    documents, found = read_documents(configuration)
    raise_errors(found)
    (document_of_shop,) = (each.document for each in documents if each.name == "shop")
    api = read_api(document_of_shop, "shop")
    verifiers = compile_verifiers(configuration.config.auth)
    (guard,) = (compile_security(operation, api, {}, verifiers) for operation in api.operations)
    return guard is not None


@pytest.mark.parametrize("version", BEARER)
@pytest.mark.parametrize("written", GUARDED.values(), ids=GUARDED)
def test_guarded(tmp_path: Path, version: str, written: str) -> None:
    assert judge(tmp_path, f"{version}\n{BEARER[version]}\n{written}")


@pytest.mark.parametrize("version", BEARER)
@pytest.mark.parametrize("written", REFUSED.values(), ids=REFUSED)
def test_refused(tmp_path: Path, version: str, written: str) -> None:
    with pytest.raises(BadConfiguration):
        judge(tmp_path, f"{version}\n{BEARER[version]}\n{written}")


@pytest.mark.parametrize("version", BEARER)
@pytest.mark.parametrize(
    "security",
    ["security: null", "security: {key: []}", "security: key", "security: [key]", "securty: [{key: []}]"],
)
def test_refused_in_another_file(tmp_path: Path, version: str, security: str) -> None:
    document = f"{version}\n{BEARER[version]}\nsecurity: [{{key: []}}]\npaths: {{/a: {{$ref: other.yaml}}}}"
    with pytest.raises(BadConfiguration):
        judge(tmp_path, document, f"get: {{{security}, {ANSWER}}}")


@pytest.mark.parametrize("version", BEARER)
@pytest.mark.parametrize("security", ["[]", "[{}]"])
def test_open_only_where_the_document_says_so(tmp_path: Path, version: str, security: str) -> None:
    document = f"{version}\n{BEARER[version]}\nsecurity: [{{key: []}}]"
    assert not judge(tmp_path, f"{document}\npaths: {{/a: {{get: {{security: {security}, {ANSWER}}}}}}}")


@pytest.mark.parametrize(
    ("scheme", "guarded"),
    [
        ("{$ref: other.yaml}", True),
        ("{type: http, scheme: Bearer}", True),
        ("{type: apiKey, in: query, name: key}", True),
        ("{type: apiKey, in: cookie, name: key}", True),
        ("{type: openIdConnect, openIdConnectUrl: 'https://example.com/'}", True),
        ("{type: http, scheme: basic}", False),
        ("{type: http, scheme: digest}", False),
        ("{type: mutualTLS}", False),
        ("{type: apiKey, in: body, name: key}", False),
        ("{type: HTTP, scheme: bearer}", False),
        ("{$ref: missing.yaml}", False),
        ("{$ref: '#/components/securitySchemes/key'}", False),
    ],
)
def test_every_kind_of_scheme(tmp_path: Path, scheme: str, guarded: bool) -> None:
    document = f"openapi: 3.1.0\ncomponents: {{securitySchemes: {{key: {scheme}}}}}\n{GUARDED['plain']}"
    neighbour = "{type: http, scheme: bearer}"
    if guarded:
        assert judge(tmp_path, document, neighbour)
    else:
        with pytest.raises(BadConfiguration):
            judge(tmp_path, document, neighbour)

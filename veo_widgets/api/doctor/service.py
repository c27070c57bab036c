"""Asks a service for something that costs nothing, and judges the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import anyio

from ...client.async_client import AsyncClient
from ...config.accounts import Account
from ...config.proxies import read_proxies
from ...domain.catalog import AGENT_PLATFORM, GEMINI_API
from ...domain.errors import (
    AuthenticationError,
    InvalidReplyError,
    MissingExtraError,
    NoAnswerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ServiceError,
    ServiceUnavailableError,
    VeoError,
)
from ...providers.registry import Endpoint
from ...providers.wires import Call, Reply
from .report import Finding

# What the network's own words mean, most telling first.
_TROUBLE = (
    (r"the proxy", "the proxy between here and there refuses", "Check the proxy's address and sign in to it."),
    (
        r"getaddrinfo|name or service|nodename|name resolution|no address associated",
        "its name is not known (DNS)",
        "Check the spelling of the address and the location, and the network.",
    ),
    (
        r"ssl|certificate|tls",
        "no secure connection (TLS) comes about",
        "Where a company's own certificate is in between, point SSL_CERT_FILE at it.",
    ),
    (r"timed? ?out|timeout", "it does not answer in time", "Check the network, or try again later."),
    (
        r"connect|refused|unreachable",
        "nothing answers there",
        "Check the address and the port, and whether the server runs.",
    ),
)


async def visit(
    client: AsyncClient,
    question: Callable[[Endpoint], Call],
    account: Account,
    environ: Mapping[str, str],
    patience: float,
) -> tuple[Reply | None, list[Finding]]:
    """Ask a service, and judge its answer.

    Args:
        client: for the network.
        question: makes a call that starts nothing.
        account: who asks.
        environ: for the proxy.
        patience: seconds to wait for the answer.

    Returns:
        The answer, if there was one to read, and what it tells of the endpoint, the key, the project and the model.
    """
    try:
        signed = await account.credentials.headers()
    except VeoError as error:
        topic = "extras" if isinstance(error, MissingExtraError) else "key"
        return None, [Finding(topic, "problem", str(error))]
    try:
        with anyio.fail_after(patience):
            reply = await client.discovery.ask(question, account)
    except TimeoutError:
        late = NoAnswerError(f"{account.provider.label} did not answer: timed out")
        return None, [_finding_of_silence(late, account, environ)]
    except VeoError as error:
        secret = {} if account.provider.auth == "none" else signed
        if isinstance(error, AuthenticationError) and not signed:
            # Without a key there is none that it could quote, and its error says how to set one.
            return None, [_endpoint_answers(account), Finding("key", "problem", str(error))]
        return None, [_without_secrets(finding, secret) for finding in _findings_of_error(error, account, environ)]
    return reply, [_endpoint_answers(account), *_key_accepted(account, given=bool(signed))]


def _endpoint_answers(account: Account) -> Finding:
    where = "in this process" if account.embedded else _origin(account)
    return Finding("endpoint", "ok", f"{account.provider.label} answers ({where})")


def _key_accepted(account: Account, *, given: bool = True) -> list[Finding]:
    endpoint = account.endpoint
    if account.provider.auth == "none":
        return []
    found = [Finding("key", "ok", "accepted" if given else "none is set, and none is wanted")]
    if endpoint.surface == AGENT_PLATFORM and endpoint.project:
        found.append(Finding("project", "ok", f"{endpoint.project} may use the API in {endpoint.location}"))
    return found


def _findings_of_error(error: VeoError, account: Account, environ: Mapping[str, str]) -> list[Finding]:
    if isinstance(error, NoAnswerError):
        return [_finding_of_silence(error, account, environ)]
    if isinstance(error, ServiceError):
        return [_endpoint_answers(account), *_findings_of_refusal(error, account)]
    remedy = "Check base_url." if isinstance(error, InvalidReplyError) else ""
    return [Finding("extras" if isinstance(error, MissingExtraError) else "endpoint", "problem", str(error), remedy)]


def _findings_of_refusal(error: ServiceError, account: Account) -> list[Finding]:
    if isinstance(error, AuthenticationError):
        # The service's own sentence may quote the key.
        remedy = "It may be mistyped, revoked, or another service's; set it again."
        if account.provider.auth == "google":
            remedy = "Run `gcloud auth application-default login` again."
        return [Finding("key", "problem", f"refused (HTTP {error.status})", remedy)]
    if isinstance(error, NotFoundError):
        return _findings_of_missing(error, account)
    if isinstance(error, PermissionDeniedError):
        return [_finding_of_denial(error)]
    passing = isinstance(error, RateLimitError | ServiceUnavailableError)
    return [Finding("request", "warning" if passing else "problem", str(error))]


def _finding_of_denial(error: PermissionDeniedError) -> Finding:
    if re.search(r"SERVICE_DISABLED|has not been used in project|it is disabled", f"{error.code} {error}"):
        return Finding("project", "problem", str(error), "Enable the API at that address and wait a few minutes.")
    return Finding("key", "problem", str(error))


def _findings_of_missing(error: NotFoundError, account: Account) -> list[Finding]:
    surface, said = account.endpoint.surface, str(error)
    if surface == AGENT_PLATFORM and "publisher model" not in said.lower():
        # It was the operation that is missing, as it should be.
        return _key_accepted(account)
    key = Finding("key", "ok", "accepted")
    if surface == AGENT_PLATFORM:
        place = account.endpoint.location or "global"
        remedy = f"Another location may serve it (us-central1 or global instead of {place}), or access is missing."
        return [key, Finding("model", "problem", f"not served in {place}: {said}", remedy)]
    if surface == GEMINI_API:
        return [key, Finding("model", "problem", said, "Name another with --model; the catalog's may have ended.")]
    return [Finding("address", "problem", f"no list of models at {_origin(account)}", "Check base_url's path.")]


def _finding_of_silence(error: NoAnswerError, account: Account, environ: Mapping[str, str]) -> Finding:
    said = str(error)
    found = (trouble for trouble in _TROUBLE if re.search(trouble[0], said.partition(": ")[2], re.IGNORECASE))
    _, words, remedy = next(found, ("", said.rstrip("."), "Check the network."))
    if proxy := _proxy_variable(account.endpoint.base_url, environ):
        remedy += f" Requests go through the proxy that {proxy} names."
    return Finding("endpoint", "problem", f"{_origin(account)} cannot be reached: {words}", remedy)


def _proxy_variable(address: str, environ: Mapping[str, str]) -> str:
    """The variable that names the proxy on the way to an address, or an empty text."""
    return read_proxies(environ).variable(address)


def _origin(account: Account) -> str:
    parts = urlsplit(account.endpoint.base_url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _without_secrets(finding: Finding, signed: Mapping[str, str]) -> Finding:
    """The finding without what has signed the request, should the service quote it."""
    message = finding.message
    for name, value in signed.items():
        # The quota project is no secret.
        for secret in () if name == "x-goog-user-project" else (value, value.rpartition(" ")[2]):
            # Whole, and without the word before it: a service may quote either.
            message = message.replace(secret, "…")
    return Finding(finding.topic, finding.state, message, finding.remedy)

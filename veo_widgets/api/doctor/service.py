"""What a service says when it is asked for something that costs nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

import anyio

from ..catalog import AGENT_PLATFORM, GEMINI_API
from ..client import AsyncClient
from ..config import Account
from ..errors import (
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
from ..providers import Endpoint
from ..proxies import read_proxies
from ..wires import Call, Reply
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
    *,
    patience: float = 20.0,
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
            reply = await client.questions.ask(question, account)
    except TimeoutError:
        late = NoAnswerError(f"{account.provider.label} did not answer: timed out")
        return None, [_unreached(late, account, environ)]
    except VeoError as error:
        secret = {} if account.provider.auth == "none" else signed
        return None, [_hushed(finding, secret) for finding in _judged(error, account, environ)]
    return reply, [_answers(account), *_accepted(account)]


def _answers(account: Account) -> Finding:
    where = "in this process" if account.embedded else _origin(account)
    return Finding("endpoint", "ok", f"{account.provider.label} answers ({where})")


def _accepted(account: Account) -> list[Finding]:
    endpoint = account.endpoint
    if account.provider.auth == "none":
        return []
    found = [Finding("key", "ok", "accepted")]
    if endpoint.surface == AGENT_PLATFORM and endpoint.project:
        found.append(Finding("project", "ok", f"{endpoint.project} may use the API in {endpoint.location}"))
    return found


def _judged(error: VeoError, account: Account, environ: Mapping[str, str]) -> list[Finding]:
    if isinstance(error, NoAnswerError):
        return [_unreached(error, account, environ)]
    if isinstance(error, ServiceError):
        return [_answers(account), *_refused(error, account)]
    remedy = "Check base_url." if isinstance(error, InvalidReplyError) else ""
    return [Finding("extras" if isinstance(error, MissingExtraError) else "endpoint", "problem", str(error), remedy)]


def _refused(error: ServiceError, account: Account) -> list[Finding]:
    if isinstance(error, AuthenticationError):
        # The service's own sentence may quote the key.
        remedy = "It may be mistyped, revoked, or another service's; set it again."
        if account.provider.auth == "google":
            remedy = "Run `gcloud auth application-default login` again."
        return [Finding("key", "problem", f"refused (HTTP {error.status})", remedy)]
    if isinstance(error, NotFoundError):
        return _not_found(error, account)
    if isinstance(error, PermissionDeniedError):
        return [_forbidden(error)]
    passing = isinstance(error, RateLimitError | ServiceUnavailableError)
    return [Finding("request", "warning" if passing else "problem", str(error))]


def _forbidden(error: PermissionDeniedError) -> Finding:
    if re.search(r"SERVICE_DISABLED|has not been used in project|it is disabled", f"{error.code} {error}"):
        return Finding("project", "problem", str(error), "Enable the API at that address and wait a few minutes.")
    return Finding("key", "problem", str(error))


def _not_found(error: NotFoundError, account: Account) -> list[Finding]:
    surface, said = account.endpoint.surface, str(error)
    if surface == AGENT_PLATFORM and "publisher model" not in said.lower():
        # It was the operation that is missing, as it should be.
        return _accepted(account)
    key = Finding("key", "ok", "accepted")
    if surface == AGENT_PLATFORM:
        place = account.endpoint.location or "global"
        remedy = f"Another location may serve it (us-central1 or global instead of {place}), or access is missing."
        return [key, Finding("model", "problem", f"not served in {place}: {said}", remedy)]
    if surface == GEMINI_API:
        return [key, Finding("model", "problem", said, "Name another with --model; the catalog's may have ended.")]
    return [Finding("address", "problem", f"no list of models at {_origin(account)}", "Check base_url's path.")]


def _unreached(error: NoAnswerError, account: Account, environ: Mapping[str, str]) -> Finding:
    said = str(error)
    found = (trouble for trouble in _TROUBLE if re.search(trouble[0], said.partition(": ")[2], re.IGNORECASE))
    _, words, remedy = next(found, ("", said.rstrip("."), "Check the network."))
    if proxy := _proxy(account.endpoint.base_url, environ):
        remedy += f" Requests go through the proxy that {proxy} names."
    return Finding("endpoint", "problem", f"{_origin(account)} cannot be reached: {words}", remedy)


def _proxy(address: str, environ: Mapping[str, str]) -> str:
    """The variable that names the proxy on the way to an address, or an empty text."""
    return read_proxies(environ).variable(address)


def _origin(account: Account) -> str:
    parts = urlsplit(account.endpoint.base_url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _hushed(finding: Finding, signed: Mapping[str, str]) -> Finding:
    """The finding without what has signed the request, should the service quote it."""
    message = finding.message
    for name, value in signed.items():
        # The quota project is no secret.
        for secret in () if name == "x-goog-user-project" else (value, value.rpartition(" ")[2]):
            message = message.replace(secret, "…")
    return Finding(finding.topic, finding.state, message, finding.remedy)

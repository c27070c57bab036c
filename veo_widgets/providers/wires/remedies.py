"""What to do about an HTTP error, beside limits: by what the service said, and by what was asked of it.

Sources: google.api.ErrorReason for the reasons, the Agent Platform's and the Developer API's own sentences, and
LiteLLM 1.106 for its types of error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...domain.catalog import AGENT_PLATFORM, GEMINI_API, Model, models
from ...domain.errors import (
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    PermissionDeniedError,
    ServiceError,
    ServiceUnavailableError,
)
from ..registry import LITELLM, LITELLM_GEMINI, Endpoint
from .base import Call
from .error_bodies import ErrorBody

_NOWHERE = Endpoint("", "", "")
_LOGIN = "run `gcloud auth application-default login`, then try again"
_RESTRICTED = "The key's restrictions forbid this; change them at https://console.cloud.google.com/apis/credentials."
# Google's reasons; most come with a link, which is put after the remedy.
_BY_REASON = {
    "SERVICE_DISABLED": "Enable the API for the project, wait a few minutes, then try again.",
    "BILLING_DISABLED": "Turn billing on for the project, wait a few minutes, then try again.",
    "CONSUMER_SUSPENDED": "Google has suspended the project; its console says why.",
    "API_KEY_SERVICE_BLOCKED": _RESTRICTED,
    "API_KEY_HTTP_REFERRER_BLOCKED": _RESTRICTED,
    "API_KEY_IP_ADDRESS_BLOCKED": _RESTRICTED,
    "ACCESS_TOKEN_EXPIRED": f"The login has expired: {_LOGIN}.",
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": f"The login lacks the cloud-platform scope: {_LOGIN}.",
    "IAM_PERMISSION_DENIED": "Ask an owner of the project to give your account the Vertex AI User role.",
    "USER_PROJECT_DENIED": "Set a project of your own: gcloud auth application-default set-quota-project PROJECT.",
}
# Words that stand for more than their status does, wherever they come from.
_BY_WORDS = (
    ("invalid model name passed", "Use one of the names that the proxy's operator has set up; /v1/models lists them."),
    ("model_access_denied", "Ask the proxy's operator to let your key use this model."),
    ("not allowed to access model", "Ask the proxy's operator to let your key use this model."),
    ("reported as leaked", "Google has blocked the key; make a new one at https://aistudio.google.com/apikey."),
    ("unregistered callers", "The key did not arrive; a proxy in between may have dropped its header."),
    ("location is not supported", "The Developer API is not available in your location; use a Google Cloud project."),
    ("billing", "Turn billing on for the project, wait a few minutes, then try again."),
    ("permission 'aiplatform.", _BY_REASON["IAM_PERMISSION_DENIED"]),
    ("storage.objects", "Ask the bucket's owner to give your account the Storage Object User role on it."),
)
_BY_KIND: dict[type[ServiceError], str] = {
    AuthenticationError: "Check the key or token; it may have been revoked or belong to another service.",
    PermissionDeniedError: "Check that the key's project may use this model and that billing is on.",
    NotFoundError: "The model, operation or file does not exist there, is in another region, or has expired.",
    ServiceUnavailableError: "The service is having problems; try again later.",
    ServiceError: "The address points elsewhere; check base_url, or sign in where the network asks for it.",
}
_NOT_HANDED_OUT = (
    "The clip exists, but this key may not download it: use the key that the job was sent with, then resume the job, "
    "which asks for the clip's address again."
)
# Of a clip that cannot be fetched.
_MADE: dict[type[ServiceError], tuple[str, ...]] = {
    AuthenticationError: (_NOT_HANDED_OUT,),
    PermissionDeniedError: (_NOT_HANDED_OUT,),
    BadRequestError: ("The clip was made, but the server does not let you download it; ask whoever runs it.",),
}
_KEPT = "Services keep clips for one or two days"
_MODEL = re.compile(r"models/([\w.@-]+)")
_FOREIGN = re.compile(r"\bproject (?:number )?(\d{6,})")


def remedy_for(kind: type[ServiceError], said: ErrorBody, call: Call | None, endpoint: Endpoint | None) -> str:
    """What to do; empty if the service's own sentence says enough.

    Args:
        kind: what the error is.
        said: its body.
        call: what was asked.
        endpoint: of whom.
    """
    return next(_remedies(kind, said, call, endpoint or _NOWHERE), _BY_KIND.get(kind, ""))


def _remedies(kind: type[ServiceError], said: ErrorBody, call: Call | None, there: Endpoint) -> Iterator[str]:
    """Every remedy that fits, the most specific first."""
    purpose = call.purpose if call else ""
    if purpose == "content":
        yield from _of_download(kind, said, there)
    # Google gives a missing right a reason; without one the operation is most likely another key's.
    if purpose == "poll" and kind is PermissionDeniedError and not said.reasons:
        yield "Use the key that the job was sent with. The job carries on and can be resumed."
    behind = _is_behind_a_proxy(said, there)
    if kind is NotFoundError:
        yield from _of_missing(said, call, there, behind=behind)
    if behind and (kind in {AuthenticationError, PermissionDeniedError} or said.code == "FAILED_PRECONDITION"):
        yield "The service refused the proxy's own account, not your key; tell the proxy's operator."
    yield from (_BY_REASON[reason] for reason in said.reasons if reason in _BY_REASON)
    if kind not in {ServiceError, ServiceUnavailableError}:
        words = f"{said.message} {said.code}".lower()
        # Of a clip that is made, nobody's billing is in the way.
        signs = ((sign, remedy) for sign, remedy in _BY_WORDS if sign != "billing" or purpose != "content")
        yield from (remedy for sign, remedy in signs if sign in words)
    if kind is AuthenticationError and there.surface == AGENT_PLATFORM and "API_KEY_INVALID" not in said.reasons:
        yield f"The login has expired or is missing: {_LOGIN}."
    if purpose == "content":
        yield from _MADE.get(kind, ())


def _is_behind_a_proxy(said: ErrorBody, there: Endpoint) -> bool:
    return said.is_relayed or (said.is_googles and there.surface in {LITELLM, LITELLM_GEMINI})


def _of_download(kind: type[ServiceError], said: ErrorBody, there: Endpoint) -> Iterator[str]:
    """A file that is gone and a key that is wrong look much the same."""
    behind = _is_behind_a_proxy(said, there)
    foreign = _FOREIGN.search(said.message)
    if kind is PermissionDeniedError and foreign and there.surface == GEMINI_API:
        # Source: https://github.com/google-gemini/deprecated-generative-ai-js/issues/477.
        yield (
            f"If project {foreign[1]} is not yours, the key is wrong or did not arrive: use the key that the job was "
            "sent with, and see whether a proxy in between drops its header."
        )
    if kind is PermissionDeniedError and "may not exist" in said.message:
        other = "" if behind else ", and only for the project they were made in: use the job's own key"
        yield f"{_KEPT}{other}. If the clip is older, send the request again."
    if kind is NotFoundError:
        # Whoever sends the request of a clip that is only late pays twice.
        yield (
            f"The clip may not be ready yet, or may be gone. {_KEPT}, and the download is tried again until then. "
            "Send the request again as a new job only if the clip is older."
        )
    if kind is AuthenticationError and there.surface == GEMINI_API:
        yield "Use the key that the job was sent with; the clip is kept for two days."


def _of_missing(said: ErrorBody, call: Call | None, there: Endpoint, *, behind: bool) -> Iterator[str]:
    if call is not None and call.purpose == "poll":
        yield f"{_KEPT}, and only for the account and region they were made for."
    named = _MODEL.search(said.message)
    if named is None or (call is not None and call.purpose != "create"):
        return
    surface = AGENT_PLATFORM if "publisher model" in said.message.lower() else GEMINI_API
    known = next((model for model in models() if (model.id, model.surface) == (named[1], surface)), None)
    if known and known.replacement and not _may_live(known):
        yield f"The service has retired {known.id}; use {known.replacement}."
    if behind:
        yield "The proxy is set up with a model that the service does not have or does not offer to its account."
    if surface == GEMINI_API:
        yield "Google has no model of that name, or the key's project has no billing: the answer is the same."
    yield from _of_publisher_model(named[1], known, there)


def _may_live(model: Model) -> bool:
    """Whether no source that counts says that the service has ended a model."""
    return model.status != "shut_down" and (not model.shut_down or model.ends_perhaps)


def _of_publisher_model(name: str, known: Model | None, there: Endpoint) -> Iterator[str]:
    """One sentence of the Agent Platform stands for a wrong name, a wrong region and missing access."""
    if known is None:
        ours = ", ".join(model.id for model in models() if model.surface == AGENT_PLATFORM and _may_live(model))
        yield f"{name} is not a known model of the Agent Platform; known are {ours}."
        return
    # Sources: the Omni pages, which name `global` only, and the Veo pages, which name us-central1.
    served = "global" if known.api == "interactions" else "us-central1"
    if there.location and there.location != served:
        yield (
            f"{name} is available in {served} and may not be in {there.location}: set location={served!r} or "
            f"GOOGLE_CLOUD_LOCATION={served}."
        )
    project = f"Project {there.project}" if there.project else "The key's project"
    yield f"{project} has no access to it: check the model's page in its Model Garden, and that billing is on."
    if known.shut_down and known.replacement:
        yield f"Or it was ended on {known.shut_down}, as is said but not confirmed; then use {known.replacement}."

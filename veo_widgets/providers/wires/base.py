"""What every wire does: say what to send, and read what came back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, ClassVar, Literal, Protocol

from ...domain.catalog import Model
from ...domain.errors import InvalidReplyError, InvalidRequestError, ServiceError
from ...domain.job_record import Operation, Sample
from ...domain.params import PARAMS
from ...domain.request import VideoRequest, is_said
from ..registry import Endpoint, Provider

Purpose = Literal["create", "poll", "content", "list", "cancel", "file"]


@dataclass(frozen=True)
class Field:
    """One part of a multipart form.

    Attributes:
        value: text, or the bytes of a file.
        filename: of a file; a plain field has none.
    """

    name: str
    value: str | bytes = field(repr=False)
    filename: str = ""
    mime: str = ""


@dataclass(frozen=True)
class Call:
    """One HTTP request, unsigned.

    Attributes:
        purpose: what it is for; a create costs money and is never repeated on doubt.
        json: the body, or None.
        form: the parts of a multipart body, which goes before `json`; a create that has both may be sent as JSON where
            the form cannot be read.
        patience: seconds that the answer may take, where it comes after the work and not before; 0 for the usual.
    """

    purpose: Purpose
    method: Literal["GET", "POST", "DELETE"]
    url: str
    json: Mapping[str, Any] | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    form: tuple[Field, ...] = ()
    patience: float = 0.0


@dataclass(frozen=True)
class Reply:
    """A whole answer that is not an HTTP error.

    Attributes:
        body: the decoded JSON, or None where an answer may be empty and is.
        retry_after: seconds the service asked to wait, if it did.
    """

    status: int
    body: Any = field(repr=False)
    retry_after: float | None = None


# No service makes as many clips of one request, and no name or address of theirs is as long.
_MOST_SAMPLES, LONGEST_NAME = 32, 4096


def operation_name(value: object, what: str) -> str:
    """The name of an operation in the answer to a create.

    Args:
        value: what stands where the name belongs.
        what: the service's own word for it, for people.

    Raises:
        InvalidReplyError: it is none: no text, too long, or one that would lead elsewhere as part of an address.
    """
    if not isinstance(value, str) or not value:
        raise InvalidReplyError(f"The service accepted the request but named no {what}.")
    # The name becomes part of an address: with .. in it a poll would ask another path, with the key.
    if len(value) > LONGEST_NAME or not value.isprintable() or {".", ".."} & set(value.split("/")):
        raise InvalidReplyError(f"The service accepted the request but named its {what} {value[:80]!r}.")
    return value


def read_samples(found: Iterable[tuple[object, object, object]]) -> tuple[Sample, ...]:
    """Every delivered clip of a finished operation.

    Args:
        found: of each what stands for its address, its base64 and its type.

    Raises:
        InvalidReplyError: they are too many, or an address is too long.
    """
    samples: list[Sample] = []
    for uri, data, mime in found:
        # Either may be missing, and neither may be anything but text.
        if not (uri or data) or not isinstance(uri or "", str) or not isinstance(data or "", str):
            continue
        # It is stored with the job and shown to people.
        if len(str(uri or "")) > LONGEST_NAME:
            raise InvalidReplyError("The service gives a clip a longer address than any clip has.")
        # Some answers leave the type out; every service so far sends MP4 unless it says otherwise.
        kind = mime if isinstance(mime, str) and 0 < len(mime) < 100 else "video/mp4"
        samples.append(Sample(len(samples), str(uri or ""), kind, str(data or "")))
    return limited(samples)


def limited(samples: Iterable[Sample]) -> tuple[Sample, ...]:
    """The samples, if they are no more than may belong to one request.

    Raises:
        InvalidReplyError: they are more.
    """
    # One more than allowed is enough to know; a hostile answer may list millions.
    found = tuple(islice(samples, _MOST_SAMPLES + 1))
    if len(found) > _MOST_SAMPLES:
        raise InvalidReplyError("The service lists more clips than belong to one request.")
    return found


# LiteLLM's router repeats failed calls, paid ones included, unless it is told not to. Source: litellm 1.106,
# proxy/litellm_pre_call_utils.py.
UNREPEATED = {"x-litellm-num-retries": "0"}


class Wire(Protocol):
    """A dialect. Methods are pure; `endpoint` says where, the request what."""

    name: str
    reads_buckets: bool
    reads_web: bool
    answers_with_clip: bool

    def refusals(
        self, request: VideoRequest, model: Model, provider: Provider | None = None
    ) -> Iterator[InvalidRequestError]:
        """What of a request, as the user said it, this dialect cannot carry.

        Args:
            request: as the user said it.
            model: the catalog's entry.
            provider: who serves it, under its name at its address; None if nothing is known of it.
        """

    def create(self, request: VideoRequest, endpoint: Endpoint) -> Call:
        """The call that starts a completed request."""

    def created(self, reply: Reply) -> str:
        """The operation's name in the answer to `create`.

        Raises:
            InvalidReplyError: there is none.
        """

    def poll(self, operation: str, endpoint: Endpoint) -> Call:
        """The call that asks how an operation is."""

    def parse(self, reply: Reply) -> Operation:
        """What the answer to `poll` says.

        Raises:
            InvalidReplyError: it cannot be read.
        """

    def verdict(self, error: ServiceError, operation: str = "") -> Operation | None:
        """How `operation` has ended, if an HTTP error in answer to a poll or a download tells; usually None."""

    def started(self, error: ServiceError) -> str:
        """The operation that a create has become, if an HTTP error in answer to it names one; usually empty."""

    def other_way(self, operation: str) -> tuple[Wire, str, str] | None:
        """Another dialect of the same service that tells how an operation has ended where this one loses it.

        Args:
            operation: its name in this dialect.

        Returns:
            That dialect, how the service is spoken to for it, and the operation's name in it; mostly None.
        """

    def content(self, sample: Sample, endpoint: Endpoint) -> Call:
        """The call that downloads a sample which has an address."""

    def others(self, sample: Sample, endpoint: Endpoint) -> tuple[Call, ...]:
        """Further calls that may download the sample, where `content` brings none; usually none."""

    def probe(self, sample: Sample, endpoint: Endpoint) -> Call | None:
        """The call that asks whether a sample's file can be had yet; None where a named file is a finished one."""

    def ready(self, reply: Reply) -> bool:
        """What the answer to `probe` says.

        Raises:
            DownloadError: the file will never be had.
        """

    def cancel(self, operation: str, endpoint: Endpoint) -> Call | None:
        """The call that stops an operation; None where the service cannot."""


class Dialect:
    """What most wires have in common.

    Attributes:
        label: what people call the dialect.
        carries: the parameters that have a place in it.
        reads_buckets: whether images may be ``gs://`` addresses.
        reads_web: whether images may be addresses of the web; they are read here and sent as bytes where not.
        answers_with_clip: whether a create is answered once its clip is there, and nothing tells of it before or after.
    """

    label: ClassVar[str] = ""
    carries: ClassVar[frozenset[str]] = frozenset()
    reads_buckets: bool = False
    reads_web: bool = False
    answers_with_clip: bool = False

    def refusals(
        self,
        request: VideoRequest,
        model: Model,
        provider: Provider | None = None,  # noqa: ARG002 (for those that many servers speak)
    ) -> Iterator[InvalidRequestError]:
        """Everything that was asked for and has no place; asking for what comes anyway is no loss."""
        for param in PARAMS:
            value = getattr(request, param.name)
            # One clip, and sound from a model that always has it, come even if nothing is sent.
            harmless = {"samples": 1, "generate_audio": model.audio}.get(param.name)
            if param.name in self.carries or not is_said(value) or value == harmless:
                continue
            yield InvalidRequestError(
                f"{param.name}: cannot be sent; {self.label} has no place for it.", parameter=param.name, value=value
            )
        if not self.reads_buckets:
            frames = (("first_frame", request.first_frame), ("last_frame", request.last_frame))
            for name, image in (*frames, *(("reference_images", image) for image in request.reference_images)):
                if image and image.is_in_bucket:
                    yield InvalidRequestError(
                        f"{name}: {image.uri!r} cannot be read; {self.label} takes bytes, not gs:// addresses.",
                        parameter=name,
                        value=image.uri,
                    )

    def verdict(self, error: ServiceError, operation: str = "") -> Operation | None:  # noqa: ARG002 (for those whose errors tell)
        """An error tells nothing of the operation."""
        return None

    def started(self, error: ServiceError) -> str:  # noqa: ARG002 (for those whose errors tell)
        """An error names no operation."""
        return ""

    def others(self, sample: Sample, endpoint: Endpoint) -> tuple[Call, ...]:  # noqa: ARG002 (for those that name several)
        """None."""
        return ()

    def other_way(self, operation: str) -> tuple[Wire, str, str] | None:  # noqa: ARG002 (for a proxy's)
        """There is none."""
        return None

    def probe(self, sample: Sample, endpoint: Endpoint) -> Call | None:  # noqa: ARG002 (for those that have files)
        """Nothing to ask."""
        return None

    def ready(self, reply: Reply) -> bool:  # noqa: ARG002 (for those that have files)
        """Always."""
        return True

    def cancel(self, operation: str, endpoint: Endpoint) -> Call | None:  # noqa: ARG002 (for those that can)
        """Not possible."""
        return None

"""What would be sent, where, at what price, and what speaks against it: worked out without sending anything."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..config import resolution
from ..config.accounts import Account
from ..config.environment import notebook as this_notebook
from ..config.login import user_name
from ..config.settings import Settings, clips_folder, copies_of
from ..domain import rules
from ..domain.buckets import address_of, is_address
from ..domain.budgets import amount, is_over, over_max_cost
from ..domain.cast import Cast, with_cast
from ..domain.catalog import Model
from ..domain.errors import InvalidRequestError, RetiredModelError
from ..domain.job_record import JobRecord, JobState, names_file
from ..domain.paths import is_there, local_path
from ..domain.pricing import Cost, estimate
from ..domain.request import VideoRequest
from ..providers.registry import Provider
from ..providers.wires import Call, Wire, wire_for
from ..providers.wires.routing import routed

_LONGEST_NAME = 255
_NO_CLIPS = {".mov", ".avi", ".gif", ".m4v", ".json", ".png", ".jpg"}


@dataclass(frozen=True)
class Plan:
    """A request with everything decided.

    Attributes:
        request: as the user said it.
        full: the same with the model's defaults, which is what is sent and priced.
        model: the catalog's entry, with the wire and the surface that carry this request.
        violations: the rules it breaks; a plan with any is never sent.
        wire: what carries it.
        profile: the name of the settings it was made with.
        max_cost: what it may cost at most, in US dollars; None if nothing was said.
        output: the absolute path of the folder or the file that the clip is to be saved as; empty for the usual.
        bucket: the address of the folder in a bucket that `output` is the copy of; empty for a path of this machine.
        cell: the id of the notebook's cell that it was made in, or empty.
        notebook: the notebook that it was made in, or empty; a worker may send it.
        remarks: what to know of it beside its price.
    """

    request: VideoRequest
    full: VideoRequest
    model: Model
    provider: Provider
    cost: Cost
    violations: tuple[InvalidRequestError, ...]
    wire: Wire
    profile: str = ""
    max_cost: float | None = None
    output: str = ""
    bucket: str = ""
    cell: str = ""
    notebook: str = field(default_factory=this_notebook)
    remarks: tuple[str, ...] = ()

    def check(self) -> None:
        """Refuse what breaks a rule.

        Raises:
            InvalidRequestError: the first of the violations.
        """
        for violation in self.violations:
            raise violation

    def call(self, account: Account) -> Call:
        """The HTTP request itself, unsigned."""
        return self.wire.create(self.full, account.endpoint)

    def __repr__(self) -> str:
        settings = "".join(f" · {label} {value}" for label, value in self.full.settings())
        broken = "".join(f"\nIt would not be sent: {violation}" for violation in self.violations)
        remarks = "".join(f"\n{remark}" for remark in self.remarks)
        return (
            f"{self.full.prompt!r}: {self.model.id} at {self.provider.label}{settings} · {self.cost}{remarks}{broken}"
        )


@dataclass(frozen=True)
class Destination:
    """Where requests go, which is looked up once for many of them.

    Attributes:
        provider: who serves them.
        model: the catalog's entry.
        is_gateway: whether the provider is one of Google's behind somebody else's address.
        profile: the name of the settings.
    """

    provider: Provider
    model: Model
    is_gateway: bool
    profile: str = ""


# What of a request decides about its destination.
DIRECTIONS = ("provider", "model", "profile", "api_key", "base_url")


def destination(
    values: Mapping[str, Any], settings: Settings, environ: Mapping[str, str], offered: Iterable[Model] = ()
) -> Destination:
    """Where a request goes; arguments and errors as for `make_plan`."""
    model_name = values.get("model") or ""
    provider = resolution.choose_provider(values.get("provider"), model_name, settings, environ)
    model = resolution.choose_model(provider, model_name, settings, offered)
    return Destination(provider, model, resolution.has_gateway(provider, settings, environ), settings.profile or "")


def make_plan(
    prompt: str,
    values: Mapping[str, Any],
    *,
    settings: Settings,
    today: str,
    environ: Mapping[str, str],
    offered: Iterable[Model] = (),
    cast: Callable[[], Cast] = Cast,
) -> Plan:
    """Work out everything about a request that can be known beforehand.

    Args:
        prompt: what the clips show.
        values: request parameters, and ``model``, ``provider``, ``allow_retired``, ``max_cost`` and ``output``.
        settings: as configured.
        today: an ISO date.
        environ: the environment, and the files behind it.
        offered: what the provider's own list says of its models.
        cast: who is meant by ``@name``; by default nobody.

    Raises:
        InvalidRequestError: the request cannot even be read.
        ConfigError: no such provider.
    """
    return plan_for(destination(values, settings, environ, offered), prompt, values, today, cast)


def plan_for(
    where: Destination, prompt: str, values: Mapping[str, Any], today: str, cast: Callable[[], Cast] = Cast
) -> Plan:
    """The same for a request whose destination is known; what it says of that is passed over."""
    rest = {name: value for name, value in values.items() if name not in DIRECTIONS}
    max_cost, (output, bucket) = _max_cost(rest.pop("max_cost", None)), _output(rest.pop("output", None))
    said = rules.declared(VideoRequest.build(prompt, where.model.id, **rest), where.model)
    request, remarks = with_cast(said, where.model, today, cast)
    provider, model = where.provider, routed(where.model, where.provider, request)
    wire = wire_for(model.api, model.surface)
    found = _violations(request, model, wire, today, provider)
    if where.is_gateway:
        # What Google has ended may well live on behind somebody else's address.
        found = tuple(error for error in found if not isinstance(error, RetiredModelError))
    full = request.completed(model)
    if model.is_offered:
        # The list may be another one, or out of reach, when the job is next looked at.
        request = full
    cost = estimate(request, model)
    # The emulator's price is what a real account would pay, and nobody does.
    if provider.name != "emulator" and is_over(cost, max_cost):
        found = (*found, over_max_cost(cost, max_cost or 0.0))
    return Plan(
        request, full, model, provider, cost, found, wire, where.profile, max_cost, output, bucket, remarks=remarks
    )


def _max_cost(value: object) -> float | None:
    # 0 lets through what is free, and nothing else.
    return None if value is None else amount(value, "max_cost")


def _output(value: object) -> tuple[str, str]:
    """Where a clip is to be saved on this machine, and the folder in a bucket that it is put into then."""
    if value is None:
        return "", ""
    address = address_of(value, "output") if is_address(value) else ""
    try:
        # Now: the kernel may be in another folder by the time the clip comes.
        path = copies_of(address) if address else Path(local_path(str(value))).expanduser().absolute()
    except RuntimeError:
        path = Path(str(value)).absolute()
    if len(os.fsencode(path.name)) > _LONGEST_NAME:
        # No disk takes it, and the clip would be saved elsewhere once it is paid for.
        message = f"output: {path.name[:20] + '…'!r} is too long for the name of a file; give a shorter one."
        raise InvalidRequestError(message, parameter="output", value=value)
    if path.suffix.lower() in _NO_CLIPS and not path.is_dir():
        message = f"output: {path.name!r} is not a name for a clip; end it in .mp4, or name a folder."
        raise InvalidRequestError(message, parameter="output", value=value)
    is_file = names_file(str(path))
    _check_writable(path.parent if is_file else path, value)
    return str(path), address.rpartition("/")[0] if is_file else address


def _check_writable(folder: Path, value: object) -> None:
    """Refuse a folder that is known not to be one that clips can be saved in: they would be saved elsewhere."""
    there = next((place for place in (folder, *folder.parents) if is_there(place)), folder)
    if not is_there(there, Path.is_dir):
        why = f"{there.name!r} is a file, and no folder"
    elif not os.access(there, os.W_OK | os.X_OK):
        why = f"nothing can be written in the folder {there.name!r}"
    else:
        return
    message = f"output: {str(value)!r} cannot be written, as {why}; give another place."
    raise InvalidRequestError(message, parameter="output", value=value)


def folder_of(plan: Plan, settings: Settings) -> str:
    """The folder that a plan's clips are saved in, absolute."""
    if plan.output and not names_file(plan.output):
        return plan.output
    return str(Path(plan.output).parent if plan.output else clips_folder(settings))


def bucket_of(plan: Plan, settings: Settings) -> str:
    """The folder in a bucket that a plan's clips are put into, as an address; empty if they stay on this machine."""
    return plan.bucket if plan.output else settings.bucket


def unnamed(values: Mapping[str, Any], settings: Settings, environ: Mapping[str, str]) -> Provider | None:
    """The gateway whose list has to tell which model is meant: nobody names one, and it has no default; else None.

    Args:
        values: as for `make_plan`.
        settings: as configured.
        environ: the environment.

    Raises:
        ConfigError: no such provider.
    """
    name = values.get("model") or ""
    provider = resolution.choose_provider(values.get("provider"), name, settings, environ)
    lacking = provider.knows and not provider.default_model and not resolution.named_model(provider, name, settings)
    return provider if lacking else None


def _violations(
    request: VideoRequest, model: Model, wire: Wire, today: str, provider: Provider
) -> tuple[InvalidRequestError, ...]:
    """What the model does not take, then what the wire cannot carry, each parameter's first fault only told once."""
    found = rules.violations(request, model, today)
    faulty = {error.parameter for error in found}
    return (*found, *(error for error in wire.refusals(request, model, provider) if error.parameter not in faulty))


def new_record(plan: Plan, account: Account, settings: Settings, *, job_id: str, now: float) -> JobRecord:
    """A plan as a job of which nothing has been sent.

    Args:
        plan: what will be sent.
        account: with what, and where to.
        settings: of the plan's profile.
        job_id: the job's id.
        now: seconds since the epoch.
    """
    return JobRecord(
        id=job_id,
        state=JobState.SUBMITTING,
        request=plan.request,
        provider=plan.provider.name,
        surface=plan.model.surface,
        wire=plan.wire.name,
        cost=plan.cost,
        created_at=now,
        updated_at=now,
        folder=folder_of(plan, settings),
        bucket=bucket_of(plan, settings),
        endpoint=account.saved,
        notebook=plan.notebook,
        max_cost=plan.max_cost,
        profile=plan.profile,
        output=plan.output,
        cell=plan.cell,
        owner=user_name(),
        project=settings.budget_project or "",
    )


def following(record: JobRecord, parameter: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """What to submit in order to change or to continue a finished job's clip at the same place.

    Args:
        record: the finished job.
        parameter: ``edit_from``, ``remix_from``, ``extend_from`` or ``upscale_from``.
        values: of the new request; ``sample`` chooses one of several clips.

    Raises:
        InvalidRequestError: the job has no such clip.
    """
    rest = dict(values)
    index = rest.pop("sample", 0)
    if record.state is not JobState.SUCCEEDED or not 0 <= index < len(record.videos):
        raise InvalidRequestError(
            f"job: {record.id} is {record.state} and has {len(record.videos)} clips; sample {index} is none of them.",
            parameter="job",
            value=record.id,
        )
    kept: dict[str, Any] = {
        "provider": record.provider,
        "model": record.model,
        "profile": record.profile or None,
        "storage_uri": record.request.storage_uri,
        "allow_retired": record.request.allow_retired,
    }
    if record.wire == "predictLongRunning":
        kept["aspect_ratio"] = record.request.aspect_ratio
    return {**kept, **rest, parameter: _clip(record, index)}


def _clip(record: JobRecord, index: int) -> str:
    """A clip as its wire names it: by the operation, by its address, or by the file where the service keeps none."""
    if record.wire != "predictLongRunning":
        return record.operation
    uri = next((sample.uri for sample in record.samples if sample.index == index), "")
    return uri or str(record.videos[index].fetch())

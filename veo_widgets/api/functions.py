"""The verbs of ``import veo_widgets as veo``, over one client for the whole process."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import fields, replace
from datetime import date, timedelta
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from ..client.plan import Plan
from ..client.remote_videos import RemoteVideo, RemoteVideos
from ..config.environment import read_environment
from ..config.precedence import settings_table
from ..config.resolution import choose_provider
from ..config.settings import Settings, home
from ..domain.arguments import COUNT, NAME, NONE, PATH, SECONDS, SWITCH, TEXT, Kind, accepts, instance_of
from ..domain.bookings import Comparison
from ..domain.buckets import address_of, is_address, known
from ..domain.budgets import Budget
from ..domain.errors import InvalidRequestError, VeoError, nearest
from ..domain.place_prices import PlacePrice
from ..domain.secret import sealed
from ..domain.spending import Spend
from ..domain.tables import Table
from ..providers.model_table import model_table
from ..providers.registry import model_at, name_at, provider_named
from ..session import recipes
from ..session.client import Client
from ..session.job import Job, Jobs
from ..session.recipes import Recipe
from ..session.videos import Videos
from ..session.waiting import IN_BROWSER, NO_THREADS

if TYPE_CHECKING:
    from .doctor import Report

_lock = threading.Lock()
_default: Client | None = None


def client() -> Client:
    """The client behind the functions of this module, made when first needed."""
    global _default  # noqa: PLW0603 (one loop for the whole process, as the design wants)
    with _lock:
        if _default is None:
            # A job from another process may have opened one.
            _default = Client.opened(home()) or Client()
        return _default


@accepts(prompt=TEXT)
def submit(prompt: str, **values: Any) -> Job:
    """Start a job. This costs money, unless the provider is the emulator.

    Args:
        prompt: what the clips show.
        values: ``model`` (with or without a prefix such as ``vertex_ai/``), ``provider``, ``profile``,
            ``allow_retired``, ``max_cost`` (US dollars at most), ``output`` (a folder or an ``.mp4`` file for the
            clip), ``api_key`` and ``base_url`` instead of the configured ones, and the parameters: ``aspect_ratio``,
            ``resolution``, ``duration_seconds`` (seconds), ``samples``, ``seed``, ``negative_prompt``,
            ``person_generation``, ``generate_audio``, ``first_frame``, ``last_frame``, ``reference_images``,
            ``reference_videos``, ``extend_from``, ``edit_from``, ``remix_from``, ``upscale_from``, ``storage_uri``;
            OpenAI's spellings ``seconds``, ``size`` and ``input_reference`` are accepted too; and ``extra``: any other
            fields of the service, by name.

    Returns:
        The job, accepted by the service. It is polled and downloaded in the background.

    Raises:
        InvalidRequestError: the request breaks a rule; nothing was sent.
        BudgetError: it costs more than the `budget` has left, or its price is unknown and ``max_cost`` is not set;
            nothing was sent.
        ConfigError: no credentials.
        ServiceError: the service refused.
        UnknownOutcomeError: the service's answer was lost.
    """
    # First of all, so that no traceback from here on shows a key.
    values = sealed(values)
    return client().submit(prompt, **values)


@accepts(prompt=TEXT, timeout=SECONDS)
def generate(prompt: str, *, timeout: float | None = None, **values: Any) -> Videos:
    """Submit, wait until the clips are on disk, and return them; see `submit`.

    Args:
        prompt: what the clips show.
        timeout: how many seconds to wait at most.
        values: as for `submit`.
    """
    values = sealed(values)
    return client().generate(prompt, timeout=timeout, **values)


@accepts(job_id=NAME)
def job(job_id: str) -> Job:
    """Find a job by its id or the start of it, also one of another notebook or an earlier kernel."""
    return client().job(job_id)


@accepts(limit=COUNT)
def jobs(
    limit: int | None = 20,
    *,
    state: str | Iterable[str] | None = None,
    search: str | None = None,
    model: str | None = None,
    since: str | date | timedelta | None = None,
) -> Jobs:
    """The newest jobs of all notebooks, newest first, as a table.

    ```python
    veo.jobs(state="filtered", search="cat", since="2026-11-01")
    ```

    Args:
        limit: how many; None for all.
        state: only jobs in this state or in one of several, such as ``failed``; ``open`` means not ended.
        search: only jobs whose prompt contains all these words.
        model: only jobs of this model; part of its id is enough.
        since: only jobs since then: a date, a ``datetime``, a ``timedelta`` back from now, or an ISO date as text.

    Raises:
        InvalidRequestError: there is no such state, or no such date.
    """
    return client().jobs(limit, state=state, search=search, model=model, since=since)


@accepts(provider=NAME | NONE)
def remote_videos(provider: str | None = None, **values: Any) -> RemoteVideos:
    """One page of the videos that a ``/v1/videos`` service keeps for this account, newest first.

    Args:
        provider: the provider's name or prefix; default as for `submit`.
        values: ``after``, the `RemoteVideos.after` of the previous page; ``limit``; ``order``, ``asc`` for the oldest
            first; ``profile``.

    Raises:
        InvalidRequestError: the provider keeps no such list.
    """
    return client().remote_videos(provider, **values)


@accepts(video=instance_of(RemoteVideo, "a video of remote_videos()"))
def adopt(video: RemoteVideo) -> Job:
    """Turn a video of `remote_videos` into a job: ``adopt(video).wait()`` saves its clip. Free."""
    return client().adopt(video)


@accepts(path=PATH)
def load(path: str | PathLike[str]) -> Recipe:
    """Load how a clip was made: ``load(path).request`` is the request, to send again or to fill a form with.

    ``load(path).credentials`` says what the clip's Content Credentials claim, and whether they hold.

    Args:
        path: a clip on disk, or the JSON file beside it.

    Raises:
        InvalidRequestError: there is no such file, or it is neither a clip nor the file beside one.
    """
    return client().call(recipes.completed, recipes.opened(path), client().asynchronous)


@accepts(take_over=SWITCH)
def resume(*, take_over: bool = False) -> Jobs:
    """Pick up every open job on the same ledger, after a restart or in another notebook.

    A job that another program is working on is left to it, until that program ends or its lease of 75 seconds runs out.

    Args:
        take_over: take such jobs at once, because you know that the other program is gone. If it is not, it notices
            within half a minute and leaves them alone; nothing is sent twice. A job that it is sending at this moment
            stays with it until its lease runs out.
    """
    return client().resume(take_over=take_over)


@accepts()
def budget(*, user: str | None = None, project: str | None = None, **values: float | str | None) -> Budget:
    """Limit what may be spent, in US dollars, and see what is left. Without arguments, only show it.

    All programs on this ledger share the same limits, except the session's, which applies to this program.
    Days and months are in this computer's time zone. The emulator is free and never counted. Environment variables
    such as ``VEO_BUDGET_DAY`` take precedence over what is set here.

    Args:
        user: limit what this user may spend, beside what holds for all: ``request``, ``day`` and ``month``.
        project: the same for what is spent for a project, which ``VEO_PROJECT`` names.
        values: ``request``, ``session``, ``day``, ``month``: the most to spend; ``"off"`` removes a limit, None
            restores the default, which is 20 a day. ``unknown`` is what to reserve for a request whose price is
            unknown; without it, such a request is refused unless it has a ``max_cost``.

    Returns:
        The limits, what is spent, what is reserved for open jobs, and what is left.

    Raises:
        InvalidRequestError: no such limit, or not an amount, or only an administrator may set it.
        ConfigError: the environment sets that limit.
    """
    return client().budget(user=user, project=project, **values)


@overload
def cost(days: int | None = None, *, by: str | None = None, compare: None = None) -> Spend: ...
@overload
def cost(days: int | None = None, *, compare: str) -> Comparison: ...
@accepts(days=Kind("a number of days", COUNT.fits), by=NAME | NONE, compare=NAME | NONE)
def cost(days: int | None = None, *, by: str | None = None, compare: str | None = None) -> Spend | Comparison:
    """Show what clips have cost, by day, model, notebook and state, with a plot by day.

    ``veo.cost(compare="litellm")`` shows instead in what this differs from the log of your LiteLLM proxy: clips that
    were booked at another price or not at all, and bookings of your key that no job here explains. Asking is free.

    Args:
        days: how many, including today; None for all.
        by: only this table: ``day``, ``model``, ``notebook``, ``state``, ``user``, ``project`` or ``provider``. Users
            and projects are also shown where there are several.
        compare: ``litellm``, the gateway whose log is to be compared.

    Returns:
        A table; ``to_csv(path)`` writes it to a file. It does not contain the emulator's jobs, which are free.

    Raises:
        InvalidRequestError: no such number of days or table, or the provider keeps no log that can be asked.
        PermissionDeniedError: the key may not read the log, or the proxy keeps none.
    """
    if compare is None:
        return client().cost(days, by)
    if by is not None:
        raise InvalidRequestError("by: a comparison has no groups; leave out by or compare.", parameter="by")
    return client().compare_cost(compare, days)


@accepts(prompt=TEXT)
def plan(prompt: str, **values: Any) -> Plan:
    """Show what `submit` would send, its price, and every rule it breaks. Nothing is sent."""
    values = sealed(values)
    return client().plan(prompt, **values)


@accepts()
def doctor() -> Report:
    """Check which provider a plain request would use, whether it would work, and what to fix. Free.

    Checks versions, credentials (without showing them), the provider, its model and price, whether the service answers
    and accepts the key, open jobs, folders, and how clips get to the browser.
    """
    from .doctor import diagnose, without_client

    if IN_BROWSER:
        return without_client(VeoError(NO_THREADS))
    try:
        return client().call(partial(diagnose, client().asynchronous))
    except Exception as error:  # noqa: BLE001 (a ledger without a place, a forked process, a client that was closed)
        return without_client(error)


@accepts(provider=NAME | NONE, retired=SWITCH)
def models(provider: str | None = None, *, retired: bool = False) -> Table:
    """Show what every model can do and what it costs, as a table from the catalog.

    Args:
        provider: a provider's name or prefix; default is all providers with models of their own.
        retired: also show models that have been retired.

    Raises:
        ConfigError: no such provider.
        InvalidRequestError: this provider's operator names the models, so they are not in the catalog.
    """
    client().asynchronous.read_models()
    return model_table(provider, client().asynchronous.today(), retired=retired)


@accepts(provider=NAME, model=NAME | NONE)
def use(provider: str, model: str | None = None, *, price: str | float | None = None) -> Table:
    """Choose the provider, and optionally the model, until the kernel ends; see `configure`. Returns the settings.

    An address, a key and a price configured for another provider are dropped, because they are not for this one.

    Args:
        provider: its name or prefix.
        model: a model's id.
        price: what the provider charges, as for `configure`.

    Raises:
        ConfigError: no such provider.
        UnknownModelError: it does not serve the model.
    """
    chosen, before = provider_named(provider), client().asynchronous.configured
    client().asynchronous.read_models()
    if model is not None:
        model_at(chosen, name_at(chosen, model))
    kept = bool(before.provider) and provider_named(before.provider or "") is chosen
    priced = {} if price is None else {"price": price}
    configure(provider=chosen.name, model=model, **({} if kept else {"api_key": None, "base_url": None}), **priced)
    return configuration()


@accepts()
def configuration() -> Table:
    """Show the settings and where each comes from: a call, ``c.VeoMagics``, the environment or a file; never keys."""
    asynchronous = client().asynchronous
    return settings_table(asynchronous.configured, asynchronous.defaults, read_environment())


@accepts(source="configure()")
def configure(**values: Any) -> None:
    """Set what new requests use. Other settings stay as they are; None means "look in the environment" again.

    Args:
        values: ``provider``, ``model``, ``api_key``, ``base_url``, ``project``, ``location``, ``folder`` (where
            clips are saved: a path, or an address such as ``s3://bucket/clips``), ``requests_per_minute`` (if a
            project's quota is not the usual one), ``budget_project`` (what is spent for), ``price`` (what a server of
            your own or a gateway charges: 0, ``"0.05/s"`` or ``"0.40/clip"``), and ``profile``: the account that these
            settings belong to, which is used from now on. A new profile starts with nothing set but the folder; None
            is the account without a name.

    Raises:
        InvalidRequestError: there is no such setting.
    """
    values = sealed(values, "configure()")
    names = [item.name for item in fields(Settings)]
    for name in values:
        if name not in names:
            raise InvalidRequestError(
                f"{name}: no such setting; there are {', '.join(names)}.{nearest(name, names)}",
                parameter=name,
            )
    if values.get("folder") is not None:
        values["folder"] = _folder(values["folder"])
    if values.get("price") is not None:
        values["price"] = PlacePrice.of(values["price"])
    asynchronous = client().asynchronous
    current = asynchronous.configured
    name = str(values.get("profile", current.profile) or "")
    begun = asynchronous.profiles.get(name, Settings(folder=current.folder))
    if any(values.get(name, getattr(begun, name)) != getattr(begun, name) for name in ("provider", "base_url")):
        # What one place charges says nothing of another.
        values.setdefault("price", None)
    wanted = replace(begun, **values)
    if values.get("price") is not None and choose_provider(None, "", wanted, read_environment()).auth == "none":
        message = "price: the emulator is chosen, which charges nothing; give it together with base_url or provider."
        raise InvalidRequestError(message, parameter="price", value=values["price"])
    asynchronous.settings = wanted


def _folder(given: Any) -> Path | str:
    """A folder as a setting has it; what no package here can reach is refused at once."""
    if not is_address(given):
        return given if isinstance(given, str) else Path(given)
    address = address_of(given, "folder")
    known(address, "folder")
    return address

"""What a ``/v1/videos`` service keeps: its own list of videos, the pictures it makes of them, and their end there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

import anyio.to_thread

from ..config import accounts, resolution
from ..config.accounts import Account
from ..domain.catalog import AZURE_OPENAI, OPENAI
from ..domain.errors import DownloadError, InvalidRequestError, NotFoundError
from ..domain.job_record import JobRecord, JobState
from ..domain.media import MAX_IMAGE_BYTES, sniff_image
from ..domain.paths import written_whole
from ..domain.printable import printable
from ..providers.registry import LITELLM, Provider, server_of
from ..providers.wires import Wire, wire_for
from ..providers.wires.base import Call
from ..providers.wires.openai_videos import Listed, OpenAIVideos
from .job_accounts import JobAccounts
from .job_store import JobStore
from .transport.transport import Transport

Picture = Literal["thumbnail", "spritesheet"]
PICTURES: tuple[Picture, ...] = ("thumbnail", "spritesheet")

_SURFACES = (OPENAI, AZURE_OPENAI, LITELLM)
_ENDINGS = {"image/webp": ".webp", "image/jpeg": ".jpg", "image/png": ".png"}


@dataclass(frozen=True)
class RemoteVideo:
    """A video of a service's own list.

    Attributes:
        video: what the service says of it: ``id``, ``status`` in its own words, ``model``, ``prompt``, …
        provider, surface, profile: where it is kept.
        job_id: our job for it, or empty if the ledger has none.
    """

    video: Listed
    provider: str
    surface: str
    profile: str
    job_id: str = ""


class RemoteVideos(list[RemoteVideo]):
    """One page of a service's list.

    Attributes:
        after: what to ask the next page with; empty on the last one.
    """

    def __init__(self, videos: list[RemoteVideo], after: str) -> None:
        super().__init__(videos)
        self.after = after

    def __repr__(self) -> str:
        rows = [_row(item) for item in self] or [("No videos there.",)]
        more = [(f"More: after={self.after!r}",)] if self.after else []
        return printable("\n".join("  ".join(row) for row in [*rows, *more]))


def _row(item: RemoteVideo) -> tuple[str, ...]:
    video = item.video
    at = "" if video.created_at is None else datetime.fromtimestamp(video.created_at).strftime("%Y-%m-%d %H:%M")  # noqa: DTZ006 (local, for people)
    return (video.id, video.status, video.model, at, item.job_id or "-", " ".join(video.prompt.split())[:48])


class Remote:
    """The verbs on what a service keeps, for one client.

    Args:
        store: knows our jobs.
        accounts: whom to ask with.
        transport: how to reach the services.
    """

    def __init__(self, store: JobStore, accounts: JobAccounts, transport: Transport) -> None:
        self._store, self._accounts, self._transport = store, accounts, transport

    async def videos(
        self,
        provider: str | None = None,
        *,
        after: str = "",
        limit: int | None = None,
        order: str = "",
        profile: str | None = None,
    ) -> RemoteVideos:
        """One page of the videos that a service keeps for an account, newest first. Costs nothing.

        Args:
            provider: its name or prefix; default as for `submit`.
            after: the `RemoteVideos.after` of the page before.
            limit: videos at most; the service's own number if not said.
            order: ``asc`` for the oldest first.
            profile: the account; default is the one in use.

        Raises:
            InvalidRequestError: the provider keeps no such list.
            ServiceError: the service refused.
        """
        environ = self._accounts.environment()
        settings = self._accounts.settings_of(profile, environ)
        chosen = resolution.choose_provider(provider, "", settings, environ)
        surface = _surface_of(chosen)
        account = await self._accounts.reach(accounts.account(chosen, surface, settings, environ))
        wire = _with_list(wire_for(OpenAIVideos.name, surface))
        call = wire.listing(account.endpoint, after=after, limit=limit, order=order)
        return await self._page(call, account, wire, settings.profile or "")

    async def beside(self, record: JobRecord, after: str = "") -> RemoteVideos:
        """One page of the videos at the place that a job was sent to, whatever is configured by now.

        Args:
            record: a job of a service that keeps a list.
            after: the `RemoteVideos.after` of the page before.

        Raises:
            InvalidRequestError: the server keeps no list.
            ConfigError: a key or an address is missing, or does not belong to this job any more.
            ServiceError: the service refused.
        """
        account, wire = await self._place_of(record)
        return await self._page(wire.listing(account.endpoint, after=after), account, wire, record.profile)

    async def _page(self, call: Call, account: Account, wire: OpenAIVideos, profile: str) -> RemoteVideos:
        provider, surface = account.endpoint.provider, account.endpoint.surface
        try:
            listed, following = wire.listed(await self._transport.send(call, account))
        except NotFoundError as error:
            # Which of other people's servers have a list is only known by asking.
            if provider != "server":
                raise
            raise _no_list(account.provider, account.provider.label) from error
        videos = [RemoteVideo(item, provider, surface, profile, await self._job_of(item.id)) for item in listed]
        return RemoteVideos(videos, following)

    async def _job_of(self, operation: str) -> str:
        record = await self._store.ledger.do(lambda ledger: ledger.with_operation(operation))
        return record.id if record else ""

    async def delete(self, record: JobRecord) -> JobRecord:
        """Have the service forget an ended job's video; the clip on disk stays.

        Raises:
            InvalidRequestError: the job has not ended, or its service deletes none.
        """
        if not record.state.is_final or not record.operation:
            why = f"is {record.state}; what is not saved here yet is not deleted there. Wait for it first"
            raise _refusal(record, why)
        account, wire = await self._place_of(record)
        call = wire.delete(record.operation, account.endpoint) if server_of(account.endpoint).deletes else None
        if call is None:
            raise _refusal(record, f"cannot be deleted; {wire.label} deletes none")
        await self._transport.send(call, account)
        now = self._store.clock.now()
        return await self._store.keep(replace(record, notice="Deleted at the service.", updated_at=now), "deleted")

    async def picture(self, record: JobRecord, variant: Picture) -> Path:
        """Save a picture that the service has made of a job's video beside the clip.

        Args:
            record: a job that has succeeded.
            variant: ``thumbnail``, one frame, or ``spritesheet``, frames from all along the video.

        Returns:
            The picture's file.

        Raises:
            InvalidRequestError: no such picture is made of it.
            DownloadError: what came is no picture, or cannot be written.
        """
        if variant not in PICTURES:
            raise InvalidRequestError(
                f"variant: {variant!r} is not one of {', '.join(PICTURES)}.", parameter="variant", allowed=PICTURES
            )
        if record.state is not JobState.SUCCEEDED or not record.videos:
            raise _refusal(record, f"is {record.state} and has no clip to make a {variant} of")
        account, wire = await self._place_of(record)
        data = bytearray()
        call = wire.variant(record.operation, variant, account.endpoint)
        async with self._transport.stream(call, account) as stream:
            async for chunk in stream.chunks:
                data += chunk
                # Whoever sends more than any picture has may go on for ever.
                if len(data) > MAX_IMAGE_BYTES:
                    break
        ending = _ENDINGS.get(sniff_image(bytes(data[:16])) or "")
        if not ending or len(data) > MAX_IMAGE_BYTES:
            raise DownloadError(f"{account.provider.label} sent something else than a picture as the {variant}.")
        path = record.videos[0].path
        return await anyio.to_thread.run_sync(_write, path.with_name(f"{path.stem}.{variant}{ending}"), bytes(data))

    async def _place_of(self, record: JobRecord) -> tuple[Account, OpenAIVideos]:
        if record.wire != OpenAIVideos.name:
            raise _refusal(record, "was made by a service that keeps no more of a video than its clip")
        route = await self._accounts.of(record)
        return route.account, _with_list(route.wire)


def _refusal(record: JobRecord, why: str) -> InvalidRequestError:
    return InvalidRequestError(f"job: {record.id} {why}.", parameter="job", value=record.id)


def _surface_of(provider: Provider) -> str:
    for surface in provider.surfaces if provider.server.lists else ():
        if surface in _SURFACES:
            return surface
    raise _no_list(provider, repr(provider.name))


def _no_list(provider: Provider, named: str) -> InvalidRequestError:
    return InvalidRequestError(
        f"provider: {named} keeps no list of its videos; veo.jobs() lists ours. 'openai', 'azure', 'litellm', "
        "'sglang', 'vllm', 'emulator' and many a 'server' have one.",
        parameter="provider",
        value=provider.name,
    )


def _with_list(wire: Wire) -> OpenAIVideos:
    assert isinstance(wire, OpenAIVideos)  # noqa: S101 (for the type checker; the table in `wires` says so)
    return wire


def _write(path: Path, data: bytes) -> Path:
    try:
        with written_whole(path) as part:
            part.write_bytes(data)
    except OSError as error:
        raise DownloadError(f"The picture could not be written to {str(path)!r}: {error.strerror or error}.") from error
    return path

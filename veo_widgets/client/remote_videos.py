"""What a ``/v1/videos`` service keeps: its own list of videos, the pictures it makes of them, and their end there."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

import anyio.to_thread

from . import choice, config
from .accounts import Accounts
from .catalog import AZURE_OPENAI, OPENAI
from .config import Account
from .errors import DownloadError, InvalidRequestError
from .keeper import Keeper
from .media import MAX_IMAGE_BYTES, sniff_image
from .printable import printable
from .providers import LITELLM, Provider
from .record import JobRecord, JobState
from .surroundings import surroundings
from .transport import Transport
from .wires import wire_for
from .wires.openai_videos import Listed, OpenAIVideos

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
        keeper: knows our jobs.
        accounts: whom to ask with.
        transport: how to reach the services.
    """

    def __init__(self, keeper: Keeper, accounts: Accounts, transport: Transport) -> None:
        self._keeper, self._accounts, self._transport = keeper, accounts, transport

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
        settings = self._accounts.settings_of(profile)
        chosen = choice.choose_provider(provider, "", settings, surroundings())
        surface = _surface_of(chosen)
        account = await self._accounts.reach(config.account(chosen, surface, settings))
        wire = _wire(surface)
        call = wire.listing(account.endpoint, after=after, limit=limit, order=order)
        listed, following = wire.listed(await self._transport.send(call, account))
        name = settings.profile or ""
        return RemoteVideos(
            [RemoteVideo(item, chosen.name, surface, name, await self._job_of(item.id)) for item in listed], following
        )

    async def _job_of(self, operation: str) -> str:
        record = await self._keeper.ledger.do(lambda ledger: ledger.with_operation(operation))
        return record.id if record else ""

    async def delete(self, record: JobRecord) -> JobRecord:
        """Have the service forget an ended job's video; the clip on disk stays.

        Raises:
            InvalidRequestError: the job has not ended, or its service deletes none.
        """
        if not record.state.is_final or not record.operation:
            why = f"is {record.state}; what is not saved here yet is not deleted there. Wait for it first"
            raise _refusal(record, why)
        account, wire = await self._place(record)
        call = wire.delete(record.operation, account.endpoint)
        if call is None:
            raise _refusal(record, f"cannot be deleted; {wire.label} deletes none")
        await self._transport.send(call, account)
        now = self._keeper.clock.now()
        return await self._keeper.keep(replace(record, notice="Deleted at the service.", updated_at=now), "deleted")

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
        account, wire = await self._place(record)
        data = bytearray()
        call = wire.variant(record.operation, variant, account.endpoint)
        async with self._transport.stream(call, account) as stream:
            async for chunk in stream.chunks:
                data += chunk
                if len(data) > MAX_IMAGE_BYTES:
                    break
        ending = _ENDINGS.get(sniff_image(bytes(data[:16])) or "")
        if not ending or len(data) > MAX_IMAGE_BYTES:
            raise DownloadError(f"{account.provider.label} sent something else than a picture as the {variant}.")
        path = record.videos[0].path
        return await anyio.to_thread.run_sync(_write, path.with_name(f"{path.stem}.{variant}{ending}"), bytes(data))

    async def _place(self, record: JobRecord) -> tuple[Account, OpenAIVideos]:
        if record.wire != OpenAIVideos.name:
            raise _refusal(record, "was made by a service that keeps no more of a video than its clip")
        return await self._accounts.of_job(record), _wire(record.surface)


def _refusal(record: JobRecord, why: str) -> InvalidRequestError:
    return InvalidRequestError(f"job: {record.id} {why}.", parameter="job", value=record.id)


def _surface_of(provider: Provider) -> str:
    for surface in provider.surfaces:
        if surface in _SURFACES:
            return surface
    raise InvalidRequestError(
        f"provider: {provider.name!r} keeps no list of its videos; veo.jobs() lists ours, and 'openai', 'azure', "
        "'litellm' and 'emulator' have one.",
        parameter="provider",
        value=provider.name,
    )


def _wire(surface: str) -> OpenAIVideos:
    wire = wire_for(OpenAIVideos.name, surface)
    assert isinstance(wire, OpenAIVideos)  # noqa: S101 (for the type checker; the table in `wires` says so)
    return wire


def _write(path: Path, data: bytes) -> Path:
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        raise DownloadError(f"The picture could not be written to {str(path)!r}: {error.strerror or error}.") from error
    finally:
        with suppress(OSError):
            part.unlink()
    return path

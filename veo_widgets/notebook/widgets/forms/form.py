"""The form: every parameter of a request as a control, with the price on the button."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from math import isfinite
from pathlib import Path
from typing import Any

import anyio.to_thread
import traitlets

from ....api.functions import client as default_client
from ....client.model_discovery import Offer
from ....client.offline_client import new_job_id
from ....client.plan import Plan
from ....config.environment import notebook, read_environment
from ....config.resolution import choose_provider
from ....domain.arguments import NAME, NONE, accepts
from ....domain.errors import AcceptedError, InvalidRequestError, JobError, VeoError
from ....domain.job_record import JobRecord
from ....domain.media import Image
from ....domain.request import VideoRequest
from ....providers.registry import name_at
from ....session import recipes
from ....session.client import Client
from ....session.groups.piece import merged
from ....session.inputs import request_of
from ....session.job import Job
from ....session.waiting import IN_BROWSER, NO_THREADS
from .. import job_state
from .._base import bundle
from ..protocol import CHUNK_BYTES, Message
from ..registries import forms, frames
from ..saved_widget import SavedWidget
from ..shown_cast import ShownCast
from ..uploads import Uploads
from . import drafts, history, saved_forms, variables
from .places import take_place
from .schema import schema, with_offer

# Of this kernel, so that a cell that is run again finds what was typed.
_kept: dict[str, drafts.Kept] = {}


class Form(SavedWidget):
    """A form for requests. What is typed stays: when its cell is run again, the page reloaded, the kernel restarted.

    Args:
        prompt: what the clips show; or a recipe, a request or a job, to begin as that one was asked for.
        name: forms of one notebook with the same name keep the same text.
        provider: where to send requests; default as for `submit`.
        profile: the account, as for `submit`.
        client: who sends; default is the one behind `veo_widgets.submit`.
        values: parameters to begin with, as for `submit`.

    Attributes:
        request: what stands in the form; setting it fills every control.
        job: the newest job that was sent from here, or None.

    Raises:
        InvalidRequestError: there is no such parameter, or a value cannot be read.
    """

    _esm, _css = bundle("form")

    schema = traitlets.Dict().tag(sync=True)
    draft = traitlets.Dict().tag(sync=True)
    budget = traitlets.Dict().tag(sync=True)
    variables = traitlets.Dict().tag(sync=True)
    cast = traitlets.List(traitlets.Dict()).tag(sync=True)
    remarks = traitlets.List(traitlets.Unicode()).tag(sync=True)
    place = traitlets.Unicode("").tag(sync=True)
    saved_class = traitlets.Unicode("").tag(sync=True)
    request = traitlets.Instance(VideoRequest, ())
    job = traitlets.Instance(Job, allow_none=True)

    prompt, model, negative_prompt = drafts.Part(), drafts.Part(), drafts.Part()
    aspect_ratio, resolution, duration_seconds = drafts.Part(), drafts.Part(), drafts.Part()
    samples, seed, person_generation, generate_audio = drafts.Part(), drafts.Part(), drafts.Part(), drafts.Part()
    first_frame, last_frame, reference_images = drafts.Part(), drafts.Part(), drafts.Part()
    size, extra = drafts.Part(), drafts.Part()

    @accepts(name=NAME, provider=NAME | NONE, profile=NAME | NONE)
    def __init__(
        self,
        prompt: str | VideoRequest | recipes.Recipe | Job | Plan = "",
        *,
        name: str = "",
        provider: str | None = None,
        profile: str | None = None,
        client: Client | None = None,
        **values: Any,
    ) -> None:
        client = client or default_client()
        prompt, asked = request_of(prompt)
        provider = provider or asked.pop("provider", None)
        values = merged(asked, values)
        name = name or type(self).__name__.lower()
        environ, model = read_environment(), str(values.pop("model", None) or "")
        settings = client.asynchronous.settings_of(profile)
        self._provider = choose_provider(provider, model, settings, environ)
        self._profile, self._settings, self._environ = profile, settings, environ
        self._orders: set[str] = set()
        self._kept = _kept.setdefault(f"{name}@{id(client)}", drafts.Kept())
        self._uploads = Uploads()
        self._offer = Offer()
        given = VideoRequest.build(prompt, name_at(self._provider, model) if model else "", **values)
        self._merge_given(drafts.to_values(given, self._kept.attachments))
        super().__init__(
            client,
            schema=schema(self._provider, settings, client.asynchronous.today(), environ),
            draft=self._as_draft(""),
            # A browser keeps drafts of all notebooks of a server in one place; this tells them apart there.
            place=hashlib.sha256(f"{notebook() or Path.cwd()}\n{name}".encode()).hexdigest()[:16],
            request=drafts.to_request(self._kept.values, self._kept.attachments),
            saved_class=job_state.saved_class(new_job_id()),
        )
        self.observe(self._set_by_python, "request")
        self._cast = ShownCast(self, client.asynchronous.cast, self._remarks)
        self._ends = [frames.listen(self.take), forms.listen(self._fill_soon), self._cast.end]
        take_place(self, name)
        # Where there are no threads, the page asks for it when it is drawn.
        if not IN_BROWSER:
            client.start(self.refresh)

    def _merge_given(self, given: dict[str, Any]) -> None:
        """A value that the cell has changed replaces what was typed; one that it had before does not."""
        self._kept.values |= drafts.changed(given, self._kept.given)
        self._kept.given = given

    def fill(self, **values: Any) -> None:
        """Set parameters of the form, under the names that `submit` takes; None takes one out.

        Raises:
            InvalidRequestError: there is no such parameter, or a value cannot be read.
        """
        said = {**self.request.said(), **values}
        prompt, model = said.pop("prompt", None) or "", said.pop("model", None) or ""
        # An array compares each of its numbers.
        said = {key: value for key, value in said.items() if not (isinstance(value, tuple | dict) and not value)}
        self.request = VideoRequest.build(prompt, model, **said)

    def take(self, image: Image, role: str) -> None:
        """Put an image where it belongs: a frame that was grabbed from a clip comes this way.

        Args:
            image: the image.
            role: ``first_frame``, ``last_frame``, or ``reference_images``, to which it is added.
        """
        several = role == "reference_images"
        self.fill(**{role: (*self.request.reference_images, image) if several else image})

    def close(self) -> None:
        """Take no more frames and settings."""
        for end in vars(self).get("_ends", ()):
            end()
        vars(self).get("_followers", []).clear()
        super().close()

    def _set_by_python(self, change: Mapping[str, Any]) -> None:
        request = change["new"]
        if request != drafts.to_request(self._kept.values, self._kept.attachments):
            self._set_values(drafts.to_values(request, self._kept.attachments), round(time.time() * 1000), "")

    def _set_values(self, values: dict[str, Any], at: int, by: str) -> None:
        """Put these values into the form, and tell every page but the one they come from."""
        self._kept.values, self._kept.at = values, at
        request = drafts.to_request(values, self._kept.attachments)
        self.write(draft=self._as_draft(by), request=request, variables=variables.known(request.prompt))
        self._save_draft()
        if "@" in request.prompt or self.remarks:
            self._cast.look()

    def _as_draft(self, by: str) -> dict[str, Any]:
        kept = self._kept
        return {"values": kept.values, "at": kept.at, "by": by, "locked": kept.locked, "given": kept.given}

    # What stays in a saved notebook

    def saved_output(self) -> dict[str, str]:
        """What readers without a kernel see, as MIME types."""
        return saved_forms.draft(self.request, self._plan(), self.saved_class, repr(self))

    def _plan(self) -> Plan | None:
        said = {**self.request.said(), "provider": self._provider.name, "profile": self._profile}
        prompt = said.pop("prompt", "")
        with suppress(VeoError):
            return self._client.asynchronous.plan(
                prompt, **{key: value for key, value in said.items() if value not in (None, "")}
            )
        return None

    def _remarks(self) -> Iterable[str]:
        plan = self._plan() if "@" in self.request.prompt else None
        return plan.remarks if plan else ()

    def _save_draft(self) -> None:
        self.saved_changed()

    # Messages

    def handle(self, message: Message) -> None:
        """Act on the form's messages, on the client's loop and in the order in which they came."""
        works = {
            "ready": self.greet,
            "draft": self._receive_draft,
            "generate": self._generate,
            "history": self._send_history,
            "use": self._fill_from_job,
            "recipe": self._read_recipe,
        }
        if message.kind in works:
            self.begin(self._report_errors, works[message.kind], message)
        elif message.kind == "panels":
            self.begin(anyio.to_thread.run_sync, self.send_program, "panels", "panels")
        elif message.kind == "upload":
            self._receive_upload(message)
        elif message.kind == "need-image":
            self.begin(anyio.to_thread.run_sync, self._send_image, message)
        else:
            super().handle(message)

    async def _report_errors(self, work: Any, message: Message) -> None:
        try:
            await work(message)
        except VeoError as error:
            self.send({"kind": "told", "message": str(error)})

    async def refresh(self) -> None:
        """Tell the page again what may be spent, and which variables and which characters there are."""
        self.write(variables=variables.known(self.request.prompt))
        self._cast.look()
        left = (await self._client.asynchronous.reservations.budget()).left
        self.write(budget={"left": round(left, 6) if isfinite(left) else None})

    async def greet(self, _: Message) -> None:
        """A page shows the form, perhaps not for the first time."""
        await self.refresh()
        await self._learn()

    async def _learn(self) -> None:
        """Add what the server itself says of its models and their parameters; nothing waits for it."""
        discovery = self._client.asynchronous.discovery
        offer = await discovery.offer(self._provider, self._settings, self._environ)
        if offer is self._offer:
            return
        self._offer, said = offer, self.schema
        if offer.described:
            # Dozens of models are a good part of a second, for which no job is to wait.
            today = self._client.asynchronous.today()
            said = await anyio.to_thread.run_sync(
                schema, self._provider, self._settings, today, self._environ, offer.described
            )
        self.write(schema=with_offer(said, offer))

    async def _receive_draft(self, message: Message) -> None:
        """A page sends its draft."""
        self._adopt_draft(message.fields["draft"])

    def _adopt_draft(self, draft: Mapping[str, Any]) -> dict[str, Any]:
        """Take over a page's draft, unless it is older than what stands here; returns the page's values."""
        values, at, by = draft.get("values"), draft.get("at"), draft.get("by")
        if not isinstance(values, Mapping) or not isinstance(at, int) or not isinstance(by, str):
            return {}
        said = drafts.clean(values)
        # A page that was asleep may send what has been replaced since.
        if at >= self._kept.at:
            self._kept.locked = draft.get("locked") is True
            known, missing = drafts.without_missing(said, self._kept.attachments)
            self._set_values(known, at, "" if missing else by[:64])
            if missing:
                lost = drafts.names_of(missing)
                self.send({"kind": "told", "message": f"Images do not outlive a kernel; add them again: {lost}."})
        return said

    async def _generate(self, message: Message) -> None:
        """Submit the form. An order is carried out once, however often it arrives."""
        order = message.fields["order"]
        if order in self._orders:
            return
        # Before anything is awaited: a front end may deliver the same click twice.
        self._orders.add(order)
        try:
            record = await self._submit(self._adopt_draft(message.fields["draft"]))
        except (AcceptedError, JobError) as error:
            # The answer was lost, or could not be written down; the job is there to be looked at.
            job_id = error.job_id
        except VeoError as error:
            parameter = error.parameter if isinstance(error, InvalidRequestError) else ""
            self.send({"kind": "denied", "order": order, "problems": [{"parameter": parameter, "message": str(error)}]})
            return
        else:
            job_id = record.id
        self.job = Job(self._client, job_id)
        self.send({"kind": "accepted", "order": order, "job": job_id})
        await self.submitted(job_id)
        await self.refresh()

    async def _submit(self, values: dict[str, Any]) -> JobRecord:
        if IN_BROWSER:
            raise VeoError(NO_THREADS)
        asked = drafts.arguments(values, self._kept.attachments)
        prompt = variables.filled(asked.pop("prompt", ""))
        asked |= {"provider": self._provider.name, "profile": self._profile}
        asked = {name: value for name, value in asked.items() if value not in (None, "")}
        client = self._client.asynchronous
        return await client.submit_plan(await client.prepare(prompt, asked))

    async def submitted(self, job_id: str) -> None:
        """Called when a job was sent off from here."""

    # Images

    def _receive_upload(self, message: Message) -> None:
        """Take the next piece of an image, and look at the image when it is whole."""
        fields = message.fields
        try:
            data = self._uploads.add(fields["image"], message.data, fields["offset"], fields["total"])
        except InvalidRequestError as error:
            self.send({"kind": "upload-failed", "image": fields["image"], "message": str(error)})
            return
        if data is not None:
            self.begin(anyio.to_thread.run_sync, self._keep_upload, fields["image"], fields["name"], data)

    def _keep_upload(self, upload: str, name: str, data: bytes) -> None:
        try:
            image = Image.of(data, "image")
        except InvalidRequestError as error:
            self.send({"kind": "upload-failed", "image": upload, "message": str(error)})
            return
        held = self._kept.attachments.keep(Image(image.data, image.mime, name))
        self.send({"kind": "uploaded", "image": upload, "as": held})

    def _send_image(self, message: Message) -> None:
        """Send an image that is shown but was not chosen on that page."""
        answer = {"request": message.request, "sample": 0}
        image = self._kept.attachments.get(message.fields["image"])
        # An image that is an address has no bytes here.
        if not isinstance(image, Image) or not image.data:
            self.send({"kind": "bytes-failed", **answer, "message": "There is no such image."})
            return
        for offset in range(0, len(image.data), CHUNK_BYTES):
            piece = image.data[offset : offset + CHUNK_BYTES]
            self.send({"kind": "bytes", **answer, "offset": offset, "total": len(image.data)}, [piece])

    # What was asked for before

    async def _send_history(self, message: Message) -> None:
        items = await history.prompts(self._client.asynchronous, message.fields["query"])
        self.send({"kind": "history", "request": message.request, "items": items})

    async def _fill_from_job(self, message: Message) -> None:
        """Fill the form as a job was asked for."""
        record = await self._client.asynchronous.job(message.fields["job"])
        await self._fill_from(recipes.Recipe(record.request, record.id, record.provider))

    async def _read_recipe(self, message: Message) -> None:
        fields = message.fields
        await self._fill_from(await history.recipe_of(self._client.asynchronous, fields["name"], fields["text"]))

    def _fill_soon(self, recipe: recipes.Recipe) -> bool:
        if self._client.closed:
            return False
        self._client.start(self._report_errors, self._fill_from, recipe)
        return True

    async def _fill_from(self, recipe: recipes.Recipe) -> None:
        values = await anyio.to_thread.run_sync(drafts.to_values, recipe.request, self._kept.attachments)
        self._set_values(values, round(time.time() * 1000), "")
        if recipe.missing:
            lost = drafts.names_of(recipe.missing)
            self.send({"kind": "told", "message": f"All but the images is here; add them again: {lost}."})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.request.prompt[:60]!r})"

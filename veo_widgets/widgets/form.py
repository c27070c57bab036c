"""The form: every parameter of a request as a control, with the price on the button."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from math import isfinite
from typing import Any

import anyio.to_thread
import traitlets

from .. import recipes
from ..choice import choose_provider
from ..config import clips_folder
from ..errors import InvalidRequestError, JobError, VeoError
from ..handles import Job
from ..media import Image
from ..providers import name_at
from ..record import JobRecord
from ..request import VideoRequest
from ..session import client as default_client
from ..surroundings import notebook, surroundings
from ..sync import Client
from . import drafts, variables
from ._base import ClipWidget, bundle
from .handover import frames
from .protocol import CHUNK_BYTES, Message
from .schema import schema
from .uploads import Uploads

_HISTORY, _HISTORY_SHOWN = 500, 40


_kept: dict[str, drafts.Kept] = {}


class _Part:
    """One parameter of the form's request, to be read and set as an attribute."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, form: Form, owner: type) -> Any:
        return self if form is None else getattr(form.request, self._name)

    def __set__(self, form: Form, value: Any) -> None:
        form.fill(**{self._name: value})


class Form(ClipWidget):
    """A form for requests. What is typed stays: when its cell is run again, the page reloaded, the kernel restarted.

    Args:
        prompt: what the clips show.
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
    purse = traitlets.Dict().tag(sync=True)
    variables = traitlets.Dict().tag(sync=True)
    place = traitlets.Unicode("").tag(sync=True)
    request = traitlets.Instance(VideoRequest, ())
    job = traitlets.Instance(Job, allow_none=True)

    prompt, model, negative_prompt = _Part(), _Part(), _Part()
    aspect_ratio, resolution, duration_seconds = _Part(), _Part(), _Part()
    samples, seed, person_generation, generate_audio = _Part(), _Part(), _Part(), _Part()
    first_frame, last_frame, reference_images = _Part(), _Part(), _Part()

    def __init__(
        self,
        prompt: str = "",
        *,
        name: str = "",
        provider: str | None = None,
        profile: str | None = None,
        client: Client | None = None,
        **values: Any,
    ) -> None:
        client = client or default_client()
        name = name or type(self).__name__.lower()
        around, model = surroundings(), str(values.pop("model", None) or "")
        settings = client.asynchronous.profiles.get(profile or "", client.settings)
        self._provider = choose_provider(provider, model, settings, around)
        self._profile = profile
        self._orders: set[str] = set()
        self._kept = _kept.setdefault(f"{name}@{id(client)}", drafts.Kept())
        self._uploads = Uploads()
        given = VideoRequest.build(prompt, name_at(self._provider, model) if model else "", **values)
        self._begin(drafts.to_values(given, self._kept.attachments))
        today = time.strftime("%Y-%m-%d", time.localtime(client.asynchronous.now()))
        super().__init__(
            client,
            schema=schema(self._provider, settings, today, around),
            draft=self._as_draft(""),
            place=hashlib.sha256(f"{notebook()}\n{name}".encode()).hexdigest()[:16],
            request=drafts.to_request(self._kept.values, self._kept.attachments),
        )
        self.observe(self._set_by_python, "request")
        self._end_frames = frames.listen(self._take_frame)
        client.start(self.refresh)

    def _begin(self, given: dict[str, Any]) -> None:
        """What the cell says anew goes before what was typed; what it said before does not."""
        self._kept.values |= drafts.changed(given, self._kept.given)
        self._kept.given = given

    def fill(self, **values: Any) -> None:
        """Set parameters of the form, under the names that `submit` takes; None takes one out.

        Raises:
            InvalidRequestError: there is no such parameter, or a value cannot be read.
        """
        said = {**self.request.said(), **values}
        prompt, model = said.pop("prompt", None) or "", said.pop("model", None) or ""
        # Without an empty value: that is what "not said" looks like.
        self.request = VideoRequest.build(prompt, model, **{key: value for key, value in said.items() if value != ()})

    def _take_frame(self, image: Image, role: str) -> None:
        """A frame that was taken from a clip stands in the form at once."""
        self.fill(**{role: [*self.reference_images, image] if role == "reference_images" else image})

    def close(self) -> None:
        """Take no more frames."""
        if "_end_frames" in vars(self):
            self._end_frames()
        super().close()

    def _set_by_python(self, change: Mapping[str, Any]) -> None:
        request = change["new"]
        if request != drafts.to_request(self._kept.values, self._kept.attachments):
            self._put(drafts.to_values(request, self._kept.attachments), round(time.time() * 1000), "")

    def _put(self, values: dict[str, Any], at: int, by: str) -> None:
        """Have these values stand in the form, and tell everyone but the page they come from."""
        self._kept.values, self._kept.at = values, at
        request = drafts.to_request(values, self._kept.attachments)
        self.write(draft=self._as_draft(by), request=request, variables=variables.known(request.prompt))

    def _as_draft(self, by: str) -> dict[str, Any]:
        kept = self._kept
        return {"values": kept.values, "at": kept.at, "by": by, "locked": kept.locked, "given": kept.given}

    # Messages

    def handle(self, message: Message) -> None:
        """What the form is asked; the work is done on the client's loop, in the order in which it was asked for."""
        works = {
            "ready": self.greet,
            "draft": self._take,
            "generate": self._generate,
            "upload": self._upload,
            "history": self._send_history,
            "use": self._use,
            "recipe": self._read_recipe,
        }
        if message.kind in works:
            self._client.start(self._carefully, works[message.kind], message)
        elif message.kind == "need-image":
            self._client.start(anyio.to_thread.run_sync, self._send_image, message)
        else:
            super().handle(message)

    async def _carefully(self, work: Any, message: Message) -> None:
        try:
            await work(message)
        except VeoError as error:
            self.send({"kind": "told", "message": str(error)})

    async def refresh(self) -> None:
        """Tell the page again what may be spent and which variables the prompt names."""
        left = (await self._client.asynchronous.purse.budget()).left
        self.write(
            purse={"left": round(left, 6) if isfinite(left) else None}, variables=variables.known(self.request.prompt)
        )

    async def greet(self, _: Message) -> None:
        """A page shows the form, perhaps not for the first time."""
        await self.refresh()

    async def _take(self, message: Message) -> None:
        """A page says what stands in its form now."""
        self._read(message.fields["draft"])

    def _read(self, draft: Mapping[str, Any]) -> dict[str, Any]:
        """Take over a page's draft, unless it is older than what stands here; returns the page's values."""
        values, at, by = draft.get("values"), draft.get("at"), draft.get("by")
        if not isinstance(values, Mapping) or not isinstance(at, int) or not isinstance(by, str):
            return {}
        said = drafts.clean(values)
        if at >= self._kept.at:
            self._kept.locked = draft.get("locked") is True
            known, missing = drafts.without_missing(said, self._kept.attachments)
            self._put(known, at, "" if missing else by[:64])
            if missing:
                lost = drafts.names_of(missing)
                self.send({"kind": "told", "message": f"Images do not outlive a kernel; add them again: {lost}."})
        return said

    async def _generate(self, message: Message) -> None:
        """Send what stands in the form. An order is carried out once, however often it comes."""
        order = message.fields["order"]
        if order in self._orders:
            return
        self._orders.add(order)
        try:
            record = await self._submit(self._read(message.fields["draft"]))
        except JobError as error:
            # The answer was lost; the job is there to be looked at.
            job_id = error.job_id
        except VeoError as error:
            parameter = error.parameter if isinstance(error, InvalidRequestError) else ""
            self._deny(order, [{"parameter": parameter, "message": str(error)}])
            return
        else:
            job_id = record.id
        self.job = Job(self._client, job_id)
        self.send({"kind": "accepted", "order": order, "job": job_id})
        await self.submitted(job_id)
        await self.refresh()

    async def _submit(self, values: dict[str, Any]) -> JobRecord:
        asked = drafts.arguments(values, self._kept.attachments)
        prompt = variables.filled(asked.pop("prompt", ""))
        asked |= {"provider": self._provider.name, "profile": self._profile}
        asked = {name: value for name, value in asked.items() if value not in (None, "")}
        client = self._client.asynchronous
        return await client.submit_plan(client.plan(prompt, **await client.questions.learn_model(asked)))

    def _deny(self, order: str, problems: list[dict[str, str]]) -> None:
        self.send({"kind": "denied", "order": order, "problems": problems})

    async def submitted(self, job_id: str) -> None:
        """Called when a job was sent off from here."""

    # Images

    async def _upload(self, message: Message) -> None:
        fields = message.fields
        try:
            data = self._uploads.add(fields["image"], message.data, fields["offset"], fields["total"])
            if data is None:
                return
            image = await anyio.to_thread.run_sync(Image.of, data, "image")
        except InvalidRequestError as error:
            self.send({"kind": "upload-failed", "image": fields["image"], "message": str(error)})
            return
        held = self._kept.attachments.keep(Image(image.data, image.mime, fields["name"]))
        self.send({"kind": "uploaded", "image": fields["image"], "as": held})

    def _send_image(self, message: Message) -> None:
        """Send an image that is shown but was not chosen on that page."""
        answer = {"request": message.request, "sample": 0}
        image = self._kept.attachments.get(message.fields["image"])
        if not isinstance(image, Image) or not image.data:
            self.send({"kind": "bytes-failed", **answer, "message": "There is no such image."})
            return
        for offset in range(0, len(image.data), CHUNK_BYTES):
            piece = image.data[offset : offset + CHUNK_BYTES]
            self.send({"kind": "bytes", **answer, "offset": offset, "total": len(image.data)}, [piece])

    # What was asked for before

    async def _send_history(self, message: Message) -> None:
        """Prompts of the ledger, each once, newest first."""
        words = message.fields["query"].lower().split()
        found: dict[str, dict[str, Any]] = {}
        for record in await self._client.asynchronous.jobs(limit=_HISTORY):
            prompt = record.request.prompt
            if prompt and prompt not in found and all(word in prompt.lower() for word in words):
                found[prompt] = _remembered(record)
        items = list(found.values())[:_HISTORY_SHOWN]
        self.send({"kind": "history", "request": message.request, "items": items})

    async def _use(self, message: Message) -> None:
        """Fill the form as a job was asked for."""
        record = await self._client.asynchronous.job(message.fields["job"])
        await self._fill_from(recipes.Recipe(record.request, record.id, record.provider))

    async def _read_recipe(self, message: Message) -> None:
        """Fill the form from a sidecar's text, or for a clip that was dropped from what is known of its name."""
        name, text = message.fields["name"], message.fields["text"]
        if text:
            recipe = recipes.read(text, name)
        elif job := recipes.job_in(name):
            recipe = recipes.Recipe(VideoRequest(), job)
        else:
            recipe = recipes.load(clips_folder(self._client.settings) / name.replace("\\", "/").rpartition("/")[2])
        whole = await recipes.completed(recipe, self._client.asynchronous)
        if whole.request == VideoRequest():
            raise InvalidRequestError(f"{name} was not made here; drop the JSON file beside it.", parameter="path")
        await self._fill_from(whole)

    async def _fill_from(self, recipe: recipes.Recipe) -> None:
        values = await anyio.to_thread.run_sync(drafts.to_values, recipe.request, self._kept.attachments)
        self._put(values, round(time.time() * 1000), "")
        if recipe.missing:
            lost = drafts.names_of(recipe.missing)
            self.send({"kind": "told", "message": f"All but the images is here; add them again: {lost}."})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.request.prompt[:60]!r})"


def _remembered(record: JobRecord) -> dict[str, Any]:
    return {
        "job": record.id,
        "prompt": record.request.prompt,
        "model": record.model,
        "state": str(record.state),
        "at": round(record.created_at * 1000),
    }

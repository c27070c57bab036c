"""The operations of the emulated service, in memory and, if a folder is given, in one JSON file each."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ...domain.catalog import Model, find, own_models
from ..rendering import clips
from .orders import OPENAI_VIDEOS, Order
from .pace import Pace, Wait
from .storeroom import Storeroom

# Two days, as the Developer API documents for generated files.
FILE_LIFETIME_SECONDS = 2 * 24 * 3600
# An id becomes the name of a file, and must not lead out of its folder.
_ID = re.compile(r"[0-9a-f]{16}")
# Google writes such numbers in decimal; the id is the same number in hexadecimal.
_OBJECT = re.compile(r"/(\d{1,20})/sample_(\d)\.mp4$")


@dataclass
class Operation:
    """One operation.

    Attributes:
        id: lower-case letters and digits.
        name: what the create answered.
        order: what was asked for.
        created: seconds since 1970.
        wait: what must pass before it is done.
        polls: how often it was asked for so far.
        completed: when it was first found done, in seconds since 1970.
        cancelled: whether it was cancelled.
        file_requests: how often its file was asked for so far.
    """

    id: str
    name: str
    order: Order
    created: float
    wait: Wait
    polls: int = 0
    completed: float | None = None
    cancelled: bool = False
    file_requests: int = 0

    def file_id(self, sample: int) -> str:
        """The id of one clip as a file of the Developer API."""
        return f"{self.id}s{sample}"

    def object_uri(self, sample: int) -> str:
        """Where one clip lies when the request named a place for it."""
        return f"{self.order.storage_uri.rstrip('/')}/{int(self.id, 16)}/sample_{sample}.mp4"

    def to_json(self) -> dict[str, Any]:
        """Plain values for JSON."""
        # Counts of polls belong to the process: a client that starts again polls from the beginning.
        return {**asdict(self), "order": self.order.to_json(), "polls": 0, "file_requests": 0}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Operation:
        """The inverse of `to_json`."""
        return cls(**{**values, "order": Order.from_json(values["order"]), "wait": Wait(**values["wait"])})


@dataclass(frozen=True)
class Clip:
    """One clip of one operation."""

    operation: Operation
    sample: int


class Operations:
    """Every operation there is.

    Args:
        storeroom: renders the clips.
        clock: answers seconds since 1970.
        folder: where operations outlive the process; ``None``: nowhere.

    Attributes:
        own: models that a file describes, served beside those that this process has described.
    """

    def __init__(self, storeroom: Storeroom, clock: Callable[[], float], folder: Path | None) -> None:
        self.storeroom = storeroom
        self.clock = clock
        self.own: tuple[Model, ...] = ()
        self._folder = folder
        self._by_id: dict[str, Operation] = {}
        self._count = 0
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def create(self, order: Order, parent: str, pace: Pace) -> Operation:
        """Accept `order` under the name ``{parent}/{id}`` and start rendering its clips."""
        id_ = uuid.uuid4().hex[:16]
        self._count += 1
        wait = self._choose_wait(order, pace)
        operation = Operation(id_, f"{parent}/{id_}", order, self.clock(), wait)
        self._by_id[id_] = operation
        self._save(operation)
        # At once and not with the first poll, by which a quick client would be kept waiting.
        self._start_rendering(operation, anew=True)
        return operation

    def described(self) -> list[Model]:
        """The models of somebody's own, which are served by the OpenAI-style wire."""
        return [*self.own, *own_models()]

    def model_of(self, order: Order) -> Model:
        """The model that was ordered."""
        if order.wire == OPENAI_VIDEOS:
            for model in self.described():
                if model.id == order.model:
                    return replace(model, surface=order.surface, api=order.wire)
        return find(order.model, (order.surface,))

    def _choose_wait(self, order: Order, pace: Pace) -> Wait:
        asked = order.directions
        # What a prompt says of its own time goes before the pace of all.
        if asked.polls is not None or asked.seconds is not None:
            return Wait(asked.polls or 0, asked.seconds or 0.0)
        typical = self.model_of(order).typical_seconds
        # Drawn from count and request, so that a run repeats exactly and twins still differ.
        return pace.wait(typical, f"{self._count} {order.recipe(0).key}")

    def _save(self, operation: Operation) -> None:
        # One that was dropped meanwhile must not come back.
        if self._folder is None or operation.id not in self._by_id:
            return
        path = self._folder / f"{operation.id}.json"
        # Written aside and renamed: another process over the same folder may read at any time.
        part = path.with_suffix(".part")
        part.write_text(json.dumps(operation.to_json()), "utf-8")
        part.replace(path)

    def _start_rendering(self, operation: Operation, *, anew: bool = False) -> list[Future[Path]]:
        order = operation.order
        return [self.storeroom.start(order.delivery(sample), anew=anew) for sample in order.delivered()]

    def get(self, name_or_id: str) -> Operation | None:
        """An operation by its id or by any name that ends in it."""
        id_ = name_or_id.rpartition("/")[2]
        if id_ not in self._by_id and self._folder is not None and _ID.fullmatch(id_):
            # An earlier process, or another one over the same folder, may have made it.
            path = self._folder / f"{id_}.json"
            if path.exists():
                self._by_id[id_] = Operation.from_json(json.loads(path.read_text("utf-8")))
        return self._by_id.get(id_)

    def due(self, operation: Operation) -> bool:
        """Count one poll, and tell whether enough polls and time have passed."""
        over = self.over(operation)
        operation.polls += 1
        return over

    def over(self, operation: Operation) -> bool:
        """Whether the next poll is to be answered as done."""
        # Once done stays done, even if the clock is set back.
        late = self.clock() >= operation.created + operation.wait.seconds
        return operation.completed is not None or (late and operation.polls >= operation.wait.polls)

    def progress(self, operation: Operation) -> float:
        """How far along an operation is, from 0 to 0.99; only what is done is 1."""
        if self.over(operation):
            return 0.99
        wait = operation.wait
        if wait.seconds:
            return min(0.99, max(0.0, (self.clock() - operation.created) / wait.seconds))
        # Never 1 before the end: the last poll is the one that says so.
        return operation.polls / (wait.polls + 1)

    def settle(self, operation: Operation) -> None:
        """Record when an operation was first found done."""
        if operation.completed is None:
            operation.completed = self.clock()
            self._save(operation)

    def cancel(self, operation: Operation) -> None:
        """Cancel an operation; its clips are not delivered."""
        operation.cancelled = True
        self._save(operation)

    def drop(self, operation: Operation) -> None:
        """Forget one operation, on disk too."""
        self._by_id.pop(operation.id, None)
        if self._folder is not None:
            (self._folder / f"{operation.id}.json").unlink(missing_ok=True)

    def of_wire(self, wire: str) -> list[Operation]:
        """Every operation that came by `wire`, oldest first."""
        # Videos that an earlier process made are listed as well.
        for path in self._folder.glob("*.json") if self._folder is not None else ():
            self.get(path.stem)
        found = [operation for operation in list(self._by_id.values()) if operation.order.wire == wire]
        return sorted(found, key=lambda operation: operation.created)

    def still_processing(self, clip: Clip) -> bool:
        """Count one request for a file, and tell whether it is still to be answered as unfinished."""
        clip.operation.file_requests += 1
        return clip.operation.file_requests <= clip.operation.order.directions.processing

    def rendering(self, operation: Operation) -> list[Future[Path]]:
        """The clips of an operation; rendering starts again if an earlier process had begun it."""
        return self._start_rendering(operation)

    def file(self, file_id: str) -> Clip | None:
        """The clip that a file id of the Developer API names, while it is kept."""
        id_, _, sample = file_id.rpartition("s")
        operation = self.get(id_)
        if operation is None or not sample.isdigit() or int(sample) not in operation.order.delivered():
            return None
        expired = operation.cancelled or self.clock() > operation.created + FILE_LIFETIME_SECONDS
        return None if expired else Clip(operation, int(sample))

    def object(self, uri: str) -> Clip | None:
        """The clip at a ``gs://`` uri."""
        found = _OBJECT.search(uri)
        operation = self.get(f"{int(found[1]):016x}") if found else None
        if found is None or operation is None or not operation.order.storage_uri:
            return None
        clip = Clip(operation, int(found[2]))
        known = clip.sample in operation.order.delivered() and operation.object_uri(clip.sample) == uri
        return clip if known else None

    def read(self, clip: Clip) -> bytes:
        """The bytes of a clip; this may render it, so call it from a thread."""
        data = self.storeroom.clip(clip.operation.order.delivery(clip.sample), clip.operation.file_id(clip.sample))
        # On reading, so that the store stays small however large a clip is asked for.
        return clips.enlarged(data, clip.operation.order.directions.bytes)

    def forget(self) -> None:
        """Drop every operation, on disk too."""
        self._by_id.clear()
        self._count = 0
        if self._folder is not None:
            for path in self._folder.glob("*.json"):
                path.unlink(missing_ok=True)

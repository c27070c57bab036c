"""What a place charges where it decides that and not the model: nothing on one's own machine, or a rate of its own."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Any

from .arguments import refusal
from .catalog import Model

_WRITTEN = re.compile(r"\$?\s*([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*(?:/\s*(s|clip))?")
_WORDS = "0 for free, or US dollars such as '0.05/s' and '0.40/clip'"


@dataclass(frozen=True)
class PlacePrice:
    """US dollars for each second and for each clip; both 0 is free.

    Attributes:
        provider: whose price it is; empty until that is known.
    """

    per_second: float = 0.0
    per_clip: float = 0.0
    provider: str = ""

    @classmethod
    def of(cls, value: Any, name: str = "price") -> PlacePrice:
        """A price as people write it: 0, ``"0.05/s"``, ``"0.40/clip"``, or a table of ``per_second`` or ``per_clip``.

        Raises:
            InvalidRequestError: it is none of these. A number alone does not say what it is for.
        """
        if isinstance(value, cls):
            return value
        if isinstance(value, dict) and value and value.keys() <= {"per_second", "per_clip"}:
            rates = {field: _number(said) for field, said in value.items()}
            if None not in rates.values():
                return cls(**rates)  # type: ignore[arg-type]  # none of them is None
        if isinstance(value, str) and (found := _WRITTEN.fullmatch(value.strip())):
            usd, unit = float(found[1]), found[2]
            if unit or usd == 0:
                return cls(per_second=usd) if unit == "s" else cls(per_clip=usd)
        if _number(value) == 0:
            return cls()
        raise refusal(name, value, _WORDS)

    @property
    def is_free(self) -> bool:
        """Whether nobody is charged there."""
        return not (self.per_second or self.per_clip)

    def on(self, model: Model) -> Model:
        """The model at this price, whatever it costs elsewhere."""
        return replace(
            model,
            usd_per_second={"": self.per_second},
            usd_per_clip=self.per_clip,
            usd_per_million_tokens={},
            upscale_tokens_per_second={},
            usd_notes=None,
            unconfirmed=tuple(doubt for doubt in model.unconfirmed if not doubt.startswith("usd_")),
        )

    def __str__(self) -> str:
        parts = ((self.per_second, "s"), (self.per_clip, "clip"))
        return " + ".join(f"${usd:g}/{unit}" for usd, unit in parts if usd) or "free"


def _number(value: object) -> float | None:
    is_one = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0
    return float(value) if is_one else None  # type: ignore[arg-type]  # a number, by then

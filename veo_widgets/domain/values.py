"""Values that differ from others in a few fields."""

from __future__ import annotations

from typing import Any, TypeVar

T = TypeVar("T")


def changed(value: T, **changes: Any) -> T:
    """What `dataclasses.replace` makes, in a tenth of the time where there are forty fields.

    Args:
        value: of a frozen dataclass that neither checks nor keeps anything beside its fields.
        changes: by the names of its fields.

    Raises:
        TypeError: there is no such field.
    """
    kept = value.__dict__
    if not changes.keys() <= kept.keys():
        raise TypeError(f"{type(value).__name__} has no field {min(changes.keys() - kept.keys())!r}.")
    made = object.__new__(type(value))
    # Past __init__, which sets one field after the other by way of `object.__setattr__`.
    made.__dict__.update(kept, **changes)
    return made

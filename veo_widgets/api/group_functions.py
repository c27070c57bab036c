"""``veo.film`` and ``veo.batch``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..domain.arguments import NAME, TEXT, accepts
from ..domain.secret import sealed
from . import functions

if TYPE_CHECKING:
    from ..session.groups.batch import Batch
    from ..session.groups.film import Film
    from ..session.groups.shots import Shot
    from ..session.groups.title_cards import TitleCard


@accepts(name=NAME)
def film(
    name: str, shots: Iterable[Shot | TitleCard | str], *, texts: Mapping[str, str] | None = None, **common: Any
) -> Film:
    """Plan a film from shots: see what it costs, then ``run()`` it. Nothing is sent yet.

    ```python
    film = veo.film("train", [veo.shot("A train leaves"), veo.shot("It crosses a bridge", "continue")], seconds=8)
    film.cost             # each shot and all of them
    film.run().wait()     # or: await film.run()
    film.path             # one MP4
    ```

    If you run the same film again, after a crash, in another notebook or with some shots edited, only what is missing
    or changed is sent.

    The film can be edited: ``film.shots[2].prompt = …``, ``film.shots.move(4, 1)``; ``film.change()`` tells what is
    then to be made and what it costs. Edits are kept: the same code brings them back.

    Args:
        name: identifies the film when you run it again.
        shots: made by `shot`, or prompts; and cards by `title_card`.
        texts: what ``{names}`` in the prompts of all shots stand for, such as ``{"character": "Mia, in a red scarf"}``.
        common: settings for every shot, as for `submit`.

    Raises:
        InvalidRequestError: there are no shots. Broken rules are named by ``plan()`` and ``run()``.
        ConfigError: no credentials.
    """
    # Here and below: a first clip need not wait until films and batches are loaded.
    from ..session.groups.film import Film

    common = sealed(common)
    return Film(functions.client(), name, shots, common, texts)


@accepts(prompt=TEXT, name=NAME)
def batch(rows: Any, prompt: str = "", *, name: str = "", **common: Any) -> Batch:
    """Plan one clip per row: see what it costs, then ``run()`` it. Nothing is sent yet.

    ```python
    batch = veo.batch("cats.csv", "A {animal} in {place}", seconds=4)
    batch.cost
    batch.run()           # returns at once; batch.wait() waits
    batch.to_frame()      # rows, jobs, clips and prices
    ```

    If you run the same batch again, only what is missing is sent. A row that fails does not stop the others.

    Args:
        rows: dictionaries, prompts, a data frame of any library, or the path of a file: CSV, JSON, JSON Lines, Excel,
            Parquet, or text with a prompt in each line. Columns named after a parameter, such as ``seconds``, ``Seed``
            or ``Aspect Ratio``, take precedence over `common`; what nothing uses is told beside the price.
        prompt: may contain ``{column}``; default is the column ``prompt``, which also goes before it where it has a
            value, unless ``{prompt}`` stands in it. Rows that are texts fill its one field.
        name: identifies the batch when you run it again; default is the file's name, or ``batch``. Another name makes
            new clips.
        common: settings for every row, as for `submit`.

    Raises:
        InvalidRequestError: there are no rows, they cannot be read, or they lack what the prompt names. Broken rules
            are named by ``plan()`` and ``run()``.
        MissingExtraError: a data frame needs an optional package to be read.
        ConfigError: no credentials.
    """
    from ..session.groups.batch import Batch

    common = sealed(common)
    return Batch(functions.client(), rows, prompt, name, common)

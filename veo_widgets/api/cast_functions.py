"""``veo.character`` and what goes with it: who is meant by ``@Mia`` in prompts."""

from __future__ import annotations

from ..domain.arguments import NONE, TEXT, accepts
from ..domain.cast import Character
from . import functions


@accepts(text=TEXT | NONE)
def character(name: str, *, text: str | None = None, images: object = None) -> Character:
    """Have ``@name`` stand for somebody or something in every prompt from now on, in all notebooks of this computer.

    ```python
    veo.character("Mia", text="a girl of ten with a red scarf and freckles")
    job = veo.submit("@Mia feeds a cat. The cat likes @Mia.", seconds=4)
    print(job.request.prompt)
    ```

    The words are put in brackets where a prompt first has the name. Images become references where the model and the
    rest of the request allow that; where they do not, only the words are sent, and a sentence says so with the price.
    Jobs keep what was sent, whatever becomes of the character.

    Args:
        name: a word; a character of the same name is replaced. Alone, it returns the character.
        text: how it looks, in a few words.
        images: pictures of it, or one, in any form that ``reference_images`` takes; they are copied.

    Raises:
        InvalidRequestError: no word for a name, neither words nor images, or an image that cannot be read; or, of a
            name alone, that there is no such character.
        VeoError: it cannot be kept.
    """
    return functions.client().character(name, text, images)


@accepts()
def characters() -> list[Character]:
    """The cast, by name. What cannot be read of it is named in a sentence."""
    return functions.client().characters()


@accepts()
def forget_character(name: str) -> None:
    """Take a character out of the cast; ``@name`` then stays in prompts as it is written.

    Raises:
        InvalidRequestError: there is none of that name.
        VeoError: its file cannot be removed.
    """
    functions.client().asynchronous.cast.forget(name)

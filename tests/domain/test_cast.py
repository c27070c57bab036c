"""``@Mia`` in a prompt: her words once, her pictures where the model and the request take them."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image as Pillow

from veo_widgets.domain.errors import InvalidRequestError
from veo_widgets.domain.media import Image
from veo_widgets.emulator import Emulator
from veo_widgets.session import recipes
from veo_widgets.session.client import Client

VEO, OLD = "veo-3.1-generate-001", "veo-3.0-generate-001"


def picture(colour: str) -> bytes:
    file = io.BytesIO()
    Pillow.new("RGB", (64, 36), colour).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("prompt", "sent"),
    [
        ("@Mia feeds a cat", "Mia (red scarf) feeds a cat"),
        ("A cat and @mia. @MIA's cat!", "A cat and Mia (red scarf). Mia's cat!"),
        ("@Mia2 and @Mia", "Mia2 (a robot) and Mia (red scarf)"),
        ("@Mia走过花园", "Mia (red scarf)走过花园"),
        ("@MIA and @Mİa", "Mia (red scarf) and @Mİa"),
        ("(@Mia), @Zoë", "(Mia (red scarf)), Zoë (a dog)"),
        ("ann@Mia.com writes to @home, @@Mia and @Miami", "ann@Mia.com writes to @home, @@Mia and @Miami"),
    ],
)
def test_words_stand_where_a_prompt_first_has_the_name(client: Client, prompt: str, sent: str) -> None:
    client.character("Mia", " red\n scarf. ")
    client.character("@Mia2", "a robot")
    client.character("Zoë", "a dog")
    assert client.plan(prompt).full.prompt == sent


def test_references_are_sent_where_the_model_takes_them(client: Client, emulator: Emulator) -> None:
    red, blue, green, grey = map(picture, ("red", "blue", "green", "grey"))
    client.character("Mia", images=[red, blue, red])
    client.character("Leo", "old", images=[green])
    plan = client.plan("@Mia and @Leo", model=VEO)
    assert plan.remarks == ()
    # Each is seen before anybody is seen twice.
    assert [image.data for image in plan.full.reference_images] == [red, green, blue]
    client.character("Leo", "old", images=[green, grey])
    plan = client.plan("@Mia and @Leo", model=VEO)
    assert [image.data for image in plan.full.reference_images] == [red, green, blue]
    assert plan.remarks == (f"3 of the 4 images of @Mia and @Leo are sent: {VEO} takes 3.",)
    # Those of the request itself come first, and none is sent twice.
    plan = client.plan("@Mia", model=VEO, reference_images=[grey, blue])
    assert [image.data for image in plan.full.reference_images] == [grey, blue, red]

    job = client.submit("@Mia and @Leo", model=VEO).wait(600)
    (create,) = [entry for entry in emulator.journal() if entry.kind == "create"]
    assert len(create.body["instances"][0]["referenceImages"]) == 3
    assert job.request.prompt == "Mia and Leo (old)"


def test_where_references_do_not_go_words_do_and_a_sentence_says_so(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    client.character("Mia", "red scarf", images=[picture("red")])
    none = client.plan("@Mia", model=OLD, allow_retired=True)
    assert none.full.reference_images == ()
    assert none.remarks == (f"{OLD} takes no references, so @Mia is described in words only.",)
    assert none.violations == ()
    assert none.remarks[0] in repr(none)
    for values in ({"first_frame": picture("blue")}, {"seconds": 4}):
        plan = client.plan("@Mia", model=VEO, **values)
        assert (plan.full.prompt, plan.full.reference_images, plan.violations) == ("Mia (red scarf)", (), ())
        assert plan.remarks[0].startswith("@Mia is described in words only, without references: ")
    for _ in range(2):
        client.submit("@Mia", model=OLD, allow_retired=True, seconds=4)
    assert capsys.readouterr().err.count(none.remarks[0]) == 1


def test_a_new_description_is_a_new_request(make_client: Callable[..., Client]) -> None:
    from veo_widgets.session.groups.batch import Batch

    client = make_client(hasty=True)

    def batch() -> Batch:
        return Batch(client, [{"prompt": "@Mia"}], "", "mia", {"seconds": 4, "model": VEO})

    client.character("Mia", "red scarf")
    made = batch().run().wait(600)
    assert batch().cost.due == 0
    client.character("mia", "blue scarf")
    assert batch().cost.due == 1.6
    assert [one.name for one in client.characters()] == ["mia"]
    # What was made stays as it was asked for.
    (video,) = made.videos
    assert recipes.load(video.path).request.prompt == "Mia (red scarf)"


def test_a_job_keeps_the_pictures_that_it_was_sent(client: Client) -> None:
    client.character("Mia", images=[picture("red")])
    job = client.submit("@Mia", model=VEO).wait(600)
    client.character("Mia", images=[picture("blue")])
    client.asynchronous.cast.forget("Mia")
    recipe = client.call(recipes.completed, recipes.load(job.videos[0].path), client.asynchronous)
    assert [image.data for image in recipe.request.reference_images] == [picture("red")]


def test_who_cannot_be_named_is_refused(client: Client) -> None:
    for name in ("", "a b", "1st", "a-b", 5):
        with pytest.raises(InvalidRequestError, match=r"^name: .* is not one word of letters and digits that begins "):
            client.character(name, "x")  # type: ignore[arg-type]
    with pytest.raises(InvalidRequestError, match=r"^text: 'Mia' has neither words nor images; say how it looks\.$"):
        client.character("Mia", " ")
    for text in (5, "\ud800", "a\0b"):
        with pytest.raises(InvalidRequestError, match=r"^text: .* is not text\.$"):
            client.character("Mia", text)  # type: ignore[arg-type]
    with pytest.raises(InvalidRequestError, match=r"^images: "):
        client.character("Mia", images=["nowhere.png"])
    assert client.characters() == []
    assert isinstance(client.character("Mia", images=picture("red")).images[0], Image)


def test_a_name_alone_returns_who_it_is(client: Client) -> None:
    mia = client.character("Mia", "red scarf")
    assert client.character("@mia") == mia
    assert repr(mia) == "Character(@Mia: red scarf)"
    with pytest.raises(InvalidRequestError, match=r"^name: there is no character 'Leo'; the cast is @Mia\. "):
        client.character("Leo")
    client.asynchronous.cast.forget("MIA")
    with pytest.raises(InvalidRequestError, match=r"the cast is nobody yet\. Say how it looks to add it\.$"):
        client.asynchronous.cast.forget("Mia")
    assert client.plan("@Mia").full.prompt == "@Mia"

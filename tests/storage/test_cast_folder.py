"""The cast on disk: what one program keeps the others read, and a file that is broken costs one sentence."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image as Pillow

from veo_widgets.domain.cast import Cast, Character
from veo_widgets.domain.errors import VeoError
from veo_widgets.session.client import Client
from veo_widgets.storage.cast_folder import CastFolder


def picture(colour: str) -> bytes:
    file = io.BytesIO()
    Pillow.new("RGB", (64, 36), colour).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> CastFolder:
    return CastFolder(tmp_path / "cast")


def again(tmp_path: Path) -> Cast:
    """As another program reads it."""
    return CastFolder(tmp_path / "cast").read()


def test_who_is_kept_is_there_for_every_program(make_client: Callable[..., Client], tmp_path: Path) -> None:
    one, other = make_client(), make_client()
    (tmp_path / "mia at home.png").write_bytes(picture("red"))
    mia = one.character("Mia", "red scarf", tmp_path / "mia at home.png")
    assert other.characters() == [mia]
    assert other.characters()[0].images[0].name == "mia at home.png"
    assert other.plan("@Mia").full.prompt == "Mia (red scarf)"
    other.character("mia", "blue scarf")
    assert one.character("Mia").text == "blue scarf"
    one.asynchronous.cast.forget("Mia")
    assert other.characters() == []


def test_the_files_name_no_place_of_the_machine(make_client: Callable[..., Client], tmp_path: Path) -> None:
    (tmp_path / "mia.png").write_bytes(picture("red"))
    make_client().character("Mia", "red scarf", tmp_path / "mia.png")
    kept = [path for path in (tmp_path / "home" / "cast").rglob("*") if path.is_file()]
    assert sorted(path.suffix for path in kept) == [".json", ".png"]
    assert all(str(tmp_path).encode() not in path.read_bytes() for path in kept)


def test_an_address_is_kept_as_an_address(folder: CastFolder, tmp_path: Path) -> None:
    mia = Character.of("Mia", images=["gs://bucket/mia.png", "https://example.com/mia.webp"])
    folder.keep(mia)
    assert again(tmp_path).characters == {"mia": mia}


def _mia(tmp_path: Path) -> Path:
    (path,) = (tmp_path / "cast").glob("mia_*.json")
    return path


def _with(**changes: object) -> Callable[[Path], None]:
    def write(tmp_path: Path) -> None:
        path = _mia(tmp_path)
        path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))

    return write


def _image(work: Callable[[Path], object]) -> Callable[[Path], None]:
    return lambda tmp_path: [work(path) for path in (tmp_path / "cast" / "images").iterdir()] and None


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut off": (lambda at: _mia(at).write_text('{"schema": 1, "na'), ""),
    "empty": (lambda at: _mia(at).write_text(""), ""),
    "a list": (lambda at: _mia(at).write_text("[1]"), "it is no character"),
    "no name": (lambda at: _mia(at).write_text("{}"), "it has no 'name'"),
    "too large": (lambda at: _mia(at).write_text(" " * 1_100_000), r"mia_\w+\.json is too large"),
    "too deep": (lambda at: _mia(at).write_text("[" * 100_000), ""),
    "a folder": (lambda at: (_mia(at).unlink(), (at / "cast" / "mia_0.json").mkdir()), "there is no file"),
    "another's name": (_with(name="Zoe"), "it is named otherwise than its character"),
    "no word": (_with(name="a b"), "name: 'a b' is not one word"),
    "no text": (_with(text=5), "text: 5 is not text"),
    "no images": (_with(images=5), "it is no character"),
    "a path to anywhere": (_with(images=[{"file": "../../secret.png", "name": "x"}]), "there is no file secret.png"),
    "an address of a file": (_with(images=[{"uri": "file:///etc/passwd"}]), "images: "),
    "image gone": (_image(Path.unlink), r"there is no file \w+\.png"),
    "image changed": (_image(lambda path: path.write_bytes(picture("blue"))), "its image .* has changed"),
    "no image": (_image(lambda path: path.write_bytes(b"GIF89a")), "images: "),
    "a pipe": (_image(lambda path: (path.unlink(), os.mkfifo(path))), "there is no file"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_costs_one_sentence_and_nobody_else(
    name: str, make_client: Callable[..., Client], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client, home = make_client(), tmp_path / "home"
    client.character("Leo", "old")
    (home / "secret.png").write_bytes(picture("green"))
    client.character("Mia", "red scarf", picture("red"))
    work, why = BROKEN[name]
    work(home)
    other = make_client()
    plan = other.plan("@Leo and @Mia")
    assert plan.full.prompt == "Leo (old) and @Mia"
    [remark] = plan.remarks
    assert re.fullmatch(
        rf"The cast's file '\w+\.json' cannot be used \(.*{why}.*\); describe the character again with "
        r"veo\.character, or delete the file\.",
        remark,
    )
    # Who is not named in the prompt is no matter of its.
    assert other.plan("@Leo").remarks == ()
    assert [one.name for one in other.characters()] == ["Leo"]
    assert remark in capsys.readouterr().err
    if name != "a folder":
        other.character("Mia", "blue scarf")
        assert [one.name for one in other.characters()] == ["Leo", "Mia"]


def test_nothing_is_changed_if_the_disk_refuses(tmp_path: Path) -> None:
    (tmp_path / "cast").write_text("in the way")
    folder = CastFolder(tmp_path / "cast")
    with pytest.raises(VeoError, match=r"^@Mia could not be kept: .*\.$"):
        folder.keep(Character("Mia", "red scarf"))
    assert folder.read() == Cast()


def test_images_that_nobody_has_go_after_a_day(folder: CastFolder, tmp_path: Path) -> None:
    folder.keep(Character.of("Mia", images=[picture("red")]))
    folder.keep(Character.of("Mia", images=[picture("blue")]))
    images = tmp_path / "cast" / "images"
    # Another program may just be keeping a character with it.
    assert len(list(images.iterdir())) == 2
    for path in images.iterdir():
        os.utime(path, (0, 0))
    folder.keep(Character.of("Leo", "old"))
    assert [path.read_bytes() for path in images.iterdir()] == [again(tmp_path).characters["mia"].images[0].data]


def test_whoever_listens_hears_of_changes(folder: CastFolder) -> None:
    heard: list[int] = []
    end = folder.listen(lambda: heard.append(len(folder.read().characters)))
    folder.keep(Character.of("Mia", "red scarf"))
    folder.forget("Mia")
    end()
    folder.keep(Character.of("Mia", "red scarf"))
    assert heard == [1, 0]

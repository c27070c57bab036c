"""Content Credentials: clips signed by c2pa itself, changed or not; films signed with their shots."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import c2pa
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import veo_widgets as veo
from veo_widgets.domain import errors
from veo_widgets.domain.formats.provenance import TRUST, ContentCredentials, credentials_of
from veo_widgets.emulator import Emulator
from veo_widgets.notebook.widgets import Player
from veo_widgets.session import recipes
from veo_widgets.session.client import Client
from veo_widgets.session.groups.film import Film
from veo_widgets.session.groups.shots import shot
from veo_widgets.session.job import Job
from veo_widgets.storage.films.signatures import Part, configured

from ..made_clips import Made
from ..signers import MADE_BY_AI, Signer

SIGNER = Signer.made()
CLAIM = "signed by Meadow Pictures; manifest by Meadow Veo 3.1; created by AI"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Made().write(tmp_path_factory.mktemp("clips") / "plain.mp4")


@pytest.fixture(scope="module")
def signed(clip: Path) -> Path:
    return SIGNER.sign(clip, clip.with_name("signed.mp4"))


@pytest.fixture
def client(make_client: Callable[..., Client]) -> Client:
    return make_client(hasty=True)


@pytest.fixture
def job(client: Client) -> Job:
    return client.submit("A cat", duration_seconds=4).wait()


def with_a_flipped_bit(path: Path, target: Path, at: int) -> Path:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    target.write_bytes(data)
    return target


def read_by_c2pa(path: Path) -> tuple[str, Mapping[str, Any]]:
    """The state and the active manifest of a clip, as c2pa reads them."""
    with c2pa.Reader(str(path)) as reader:
        return reader.get_validation_state(), reader.get_active_manifest()


def test_a_clip_without_a_manifest_says_so(clip: Path, job: Job) -> None:
    for found in (credentials_of(clip), job.videos[0].credentials, recipes.load(job.videos[0].path).credentials):
        assert (found.state, str(found), found.holds, found.claims) == ("none", "no Content Credentials", False, "")


def test_a_manifest_that_holds_is_told_in_words(signed: Path) -> None:
    found = credentials_of(signed, {})
    assert (found.state, found.holds, found.made_by_ai) == ("untrusted", True, True)
    assert (found.signer, found.generator, found.signed_at) == ("Meadow Pictures", "Meadow Veo 3.1", "")
    assert [(action.name, action.source_type) for action in found.actions] == [("created", "trainedAlgorithmicMedia")]
    why = "VEO_TRUST_ANCHORS names no list of those you trust"
    assert str(found) == f"holds, but the signer is untrusted: {why}. It claims: {CLAIM}"


def test_a_signer_is_trusted_by_a_list_of_ones_own(signed: Path, tmp_path: Path) -> None:
    own, other = tmp_path / "own.pem", tmp_path / "other.pem"
    own.write_text(SIGNER.root)
    other.write_text(Signer.made().root)
    found = credentials_of(signed, {TRUST: str(own)})
    assert (found.state, found.verdict) == (
        "trusted",
        "holds, and the signer is trusted by the list of VEO_TRUST_ANCHORS",
    )
    found = credentials_of(signed, {TRUST: str(other)})
    assert found.state == "untrusted"
    assert found.verdict.endswith("nobody on the list of VEO_TRUST_ANCHORS vouches for them")
    other.write_text("nobody")
    with pytest.raises(errors.ConfigError, match=r"VEO_TRUST_ANCHORS: .* has no certificate in it"):
        credentials_of(signed, {TRUST: str(other)})
    with pytest.raises(errors.ConfigError, match=r"VEO_TRUST_ANCHORS: cannot read .*\(No such file"):
        credentials_of(signed, {TRUST: str(tmp_path / "none.pem")})


def test_a_clip_that_was_changed_does_not_hold(signed: Path, tmp_path: Path) -> None:
    data = signed.read_bytes()
    changed = with_a_flipped_bit(signed, tmp_path / "picture.mp4", data.rindex(b"mdat") + 400)
    found = credentials_of(changed, {})
    assert (found.state, found.verdict) == ("invalid", "does not hold: the clip was changed after it was signed")
    assert found.claims == CLAIM
    changed = with_a_flipped_bit(signed, tmp_path / "claim.mp4", data.index(b"Meadow Veo"))
    found = credentials_of(changed, {})
    assert found.verdict == "does not hold: what the manifest says was changed after it was signed"
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(data[:-200])
    found = credentials_of(cut, {})
    assert found.state == "invalid"
    assert found.verdict.startswith("does not hold: the manifest cannot be read (")


def test_a_file_that_changes_is_read_anew(signed: Path, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(signed.read_bytes())
    assert credentials_of(path).holds
    with_a_flipped_bit(signed, path, signed.read_bytes().rindex(b"mdat") + 400)
    assert not credentials_of(path).holds


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 20_000), bit=st.integers(0, 7))
def test_whatever_was_changed_is_told_without_an_error(signed: Path, tmp_path: Path, at: int, bit: int) -> None:
    data = bytearray(signed.read_bytes())
    data[at % len(data)] ^= 1 << bit
    path = tmp_path / "changed.mp4"
    path.write_bytes(data)
    found = credentials_of(path, {})
    assert isinstance(found, ContentCredentials)
    assert found.verdict


def test_what_a_stranger_wrote_moves_no_cursor_and_fills_no_screen(clip: Path, tmp_path: Path) -> None:
    hostile = SIGNER.sign(
        clip, tmp_path / "hostile.mp4", claim_generator_info=[{"name": "\x1b[2J\u202eTool" + "x" * 5000}]
    )
    found = credentials_of(hostile)
    assert found.generator.startswith("\\x1b[2J\\u202eTool")
    assert len(found.generator) <= 200


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """An address, and what was asked for there."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *words: Any) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}/manifest.c2pa", asked
        http.shutdown()
        thread.join()


def test_a_manifest_that_is_kept_elsewhere_is_not_fetched(
    clip: Path, tmp_path: Path, server: tuple[str, list[str]]
) -> None:
    address, asked = server
    target = tmp_path / "remote.mp4"
    info = c2pa.C2paSignerInfo("es256", SIGNER.certificates.encode(), SIGNER.key.encode(), None)
    said = {
        "assertions": [
            {
                "label": "c2pa.actions.v2",
                "data": {"actions": [{"action": "c2pa.created", "digitalSourceType": MADE_BY_AI}]},
            }
        ]
    }
    with c2pa.Signer.from_info(info) as signer, c2pa.Builder(json.dumps(said)) as builder:
        builder.set_no_embed()
        builder.set_remote_url(address)
        with clip.open("rb") as source, target.open("w+b") as out:
            builder.sign(signer, "video/mp4", source, out)
    found = credentials_of(target)
    assert (found.state, found.verdict) == (
        "unread",
        "its Content Credentials are kept elsewhere, and nothing is fetched",
    )
    assert asked == []


def test_load_tells_of_a_clip_from_elsewhere(signed: Path, tmp_path: Path) -> None:
    """Nothing is beside it, so its request is not known, and its credentials are."""
    recipe = recipes.opened(signed)
    assert recipe.credentials.signer == "Meadow Pictures"
    with pytest.raises(errors.InvalidRequestError, match="path: cannot read"):
        _ = recipe.request
    note = tmp_path / "note.txt"
    note.write_text("no clip")
    for path in (note, tmp_path / "none.mp4"):
        with pytest.raises(errors.InvalidRequestError, match="path: cannot read"):
            recipes.opened(path)


def test_load_reads_the_clip_beside_a_json_file(job: Job) -> None:
    video = job.videos[0]
    SIGNER.sign(moved(video.path), video.path)
    assert recipes.load(video.sidecar).credentials.signer == "Meadow Pictures"
    video.path.unlink()
    with pytest.raises(errors.InvalidRequestError, match="there is no clip at"):
        _ = recipes.load(video.sidecar).credentials


def moved(path: Path) -> Path:
    return path.rename(path.with_name(f"before-{path.name}"))


def test_the_player_shows_what_is_claimed_and_whether_it_holds(client: Client, clip: Path, signed: Path) -> None:
    found = [item["credentials"] for item in Player(clip, signed, client=client).clips]
    verdict = credentials_of(signed).verdict
    assert found == [
        [["Content Credentials", "none"]],
        [["Content Credentials", verdict], ["Claims", CLAIM]],
    ]


WITHOUT = """
import sys
sys.path = [place for place in sys.path if "site-packages" not in place] + sys.argv[1:2]
from pathlib import Path
from veo_widgets.domain.formats.provenance import credentials_of
for name in sys.argv[2:]:
    print(credentials_of(Path(name)))
"""


def test_without_the_extra_a_sentence_says_what_to_install(clip: Path, signed: Path) -> None:
    """In a Python that has nothing but itself and this package."""
    root = str(Path(veo.__file__).parent.parent)
    said = subprocess.run(
        [sys.executable, "-S", "-c", WITHOUT, root, str(clip), str(signed)], capture_output=True, text=True, check=True
    )
    assert said.stdout.splitlines() == [
        "no Content Credentials",
        "Reading its Content Credentials needs an optional package: pip install 'veo-widgets[provenance]'",
    ]


# Films


def film_of(client: Client, *shots: Any) -> Film:
    return Film(client, "meadow", shots or ("A gate", shot("A hill", "continue"), "A tree"), {"seconds": 4})


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_films_recipe_lists_its_clips(client: Client) -> None:
    film = film_of(client).run().wait(600)
    clips = [video.path for video in film.videos]
    assert film.video.recipe["ingredients"] == [{"name": path.name, "sha256": sha256(path)} for path in clips]
    assert not film.plan().remarks
    assert film.video.credentials.state == "none"


def test_a_film_of_signed_clips_says_that_it_does_not_carry_their_manifests(client: Client) -> None:
    film = film_of(client).run().wait(600)
    paths = [video.path for video in film.videos]
    for path in paths[::2]:
        SIGNER.sign(moved(path), path)
    said = "shot 1, shot 3 have Content Credentials: the film does not carry their manifests"
    assert film.plan().remarks == (said,)
    assert said in repr(film)
    film.video.path.unlink()
    assert film.video.recipe["ingredients"][0] == {"name": paths[0].name, "sha256": sha256(paths[0])}
    assert film.video.credentials.state == "none"


def test_a_film_is_signed_with_its_shots_as_ingredients(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = film_of(client).run().wait(600)
    paths, unsigned = [video.path for video in film.videos], film.path
    SIGNER.sign(moved(paths[0]), paths[0])
    for name, value in Signer.made("A studio").files(tmp_path).items():
        monkeypatch.setenv(name, value)
    assert film.plan().remarks == ("the film is signed, with its shots as ingredients",)
    assert film.path != unsigned
    state, manifest = read_by_c2pa(film.path)
    assert (state, manifest["signature_info"]["issuer"]) == ("Valid", "A studio")
    assert "time" not in manifest["signature_info"]
    found = manifest["ingredients"]
    assert [item["title"] for item in found] == [path.name for path in paths]
    assert [item["description"] for item in found] == [
        f"shot {number}, sha256 {sha256(path)}" for number, path in enumerate(paths, 1)
    ]
    assert ["active_manifest" in item for item in found] == [True, False, False]
    credentials = film.video.credentials
    assert credentials.holds
    assert credentials.signer == "A studio"
    assert [action.name for action in credentials.actions] == ["created", "placed", "placed", "placed"]
    assert credentials.actions[0].source_type == "algorithmicMedia"
    assert [item.holds for item in credentials.ingredients] == [True, None, None]
    assert recipes.opened(film.path).credentials == credentials
    assert film.video.sha256 == sha256(film.path)
    assert not list(film.path.parent.glob("*.part"))
    assert Path(film._repr_html_().split('src="')[-1].split('"')[0]).name == film.path.name


def test_a_shot_that_was_changed_is_told_of_in_the_film(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = film_of(client).run().wait(600)
    path = film.videos[0].path
    signed = SIGNER.sign(path, tmp_path / "signed.mp4")
    with_a_flipped_bit(signed, path, signed.read_bytes().index(b"Meadow Veo"))
    for name, value in SIGNER.files(tmp_path).items():
        monkeypatch.setenv(name, value)
    credentials = film.video.credentials
    assert credentials.holds
    assert str(credentials.ingredients[0]) == f"{path.name} (its Content Credentials do not hold)"


def _no_key(key: Path, certificates: Path) -> None:
    key.unlink()


def _a_broken_key(key: Path, certificates: Path) -> None:
    key.write_text(key.read_text().replace("A", "B"))


def _certificates_in_its_place(key: Path, certificates: Path) -> None:
    key.write_text(certificates.read_text())


def _anothers_certificates(key: Path, certificates: Path) -> None:
    certificates.write_text(Signer.made().certificates)


def _an_expired_certificate(key: Path, certificates: Path) -> None:
    expired = Signer.made(days=-1)
    key.write_text(expired.key)
    certificates.write_text(expired.certificates)


def _a_certificate_for_servers(key: Path, certificates: Path) -> None:
    servers = Signer.made(purpose=ExtendedKeyUsageOID.SERVER_AUTH)
    key.write_text(servers.key)
    certificates.write_text(servers.certificates)


def _no_certificate(key: Path, certificates: Path) -> None:
    certificates.write_text("nobody")


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_no_key, "VEO_SIGNING_KEY: cannot read .*; name a PEM file"),
        (_a_broken_key, "VEO_SIGNING_KEY: the file has no private key that can be read"),
        (_certificates_in_its_place, "VEO_SIGNING_KEY: the file has no private key that can be read"),
        (
            _anothers_certificates,
            "VEO_SIGNING_CERTIFICATES: the first certificate of .* is not that of VEO_SIGNING_KEY",
        ),
        (
            _an_expired_certificate,
            "VEO_SIGNING_CERTIFICATES: films cannot be signed with .* not valid at time of signing",
        ),
        (_a_certificate_for_servers, "VEO_SIGNING_CERTIFICATES: films cannot be signed with .* certificate is invalid"),
        (_no_certificate, "VEO_SIGNING_CERTIFICATES: the file has no certificate that can be read"),
    ],
)
def test_a_key_that_does_not_fit_is_told_of_before_anything_is_sent(
    client: Client,
    emulator: Emulator,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    spoil: Callable[[Path, Path], None],
    said: str,
) -> None:
    signer = Signer.made()
    names = signer.files(tmp_path)
    spoil(*map(Path, names.values()))
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(errors.ConfigError, match=said) as refused:
        film_of(client).run()
    assert not [entry for entry in emulator.journal() if entry.kind == "create"]
    shown = [repr(entry.locals) for entry in refused.traceback if "veo_widgets" in str(entry.path)]
    assert shown
    assert signer.key.splitlines()[1] not in "".join(shown) + str(refused.value)


def test_half_of_the_settings_is_refused_and_shown(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEO_SIGNING_KEY", "key.pem")
    film = film_of(client)
    said = (
        "VEO_SIGNING_KEY is set and VEO_SIGNING_CERTIFICATES is not; films are signed with both, and without neither."
    )
    with pytest.raises(errors.ConfigError, match=said):
        film.run()
    assert film.plan().remarks == (said.removesuffix("."),)
    assert said.removesuffix(".") in film._repr_html_()


def test_films_are_signed_with_keys_of_other_kinds(clip: Path, tmp_path: Path) -> None:
    for key in (ec.generate_private_key(ec.SECP384R1()), ed25519.Ed25519PrivateKey.generate()):
        signing = configured(Signer.made("A studio", key).files(tmp_path))
        assert signing is not None
        signing.check()
        signing.sign(clip, tmp_path / "film.mp4", "film", [Part.of("shot 1", clip)], "trainedAlgorithmicMedia")
        assert credentials_of(tmp_path / "film.mp4").signer == "A studio"


def test_a_shot_that_is_webm_is_an_ingredient(clip: Path, tmp_path: Path) -> None:
    signing = configured(SIGNER.files(tmp_path))
    assert signing is not None
    shot_2 = Made(codec="libvpx", format="webm", sound=0).write(tmp_path / "shot.webm")
    parts = [Part.of("shot 1", clip), Part.of("shot 2", shot_2)]
    signing.sign(clip, tmp_path / "film.mp4", "film", parts, "trainedAlgorithmicMedia")
    found = credentials_of(tmp_path / "film.mp4")
    assert (found.holds, [item.title for item in found.ingredients]) == (True, [clip.name, "shot.webm"])

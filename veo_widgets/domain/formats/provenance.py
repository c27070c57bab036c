"""Content Credentials: what the signed manifest (C2PA) in a clip claims of it, and whether that holds.

Nothing is fetched: no manifest that is kept elsewhere, no word on a certificate. Needs the extra ``provenance``, except
to see that there is no manifest.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from ...domain.safe_json import read_json
from ..errors import ConfigError, MissingExtraError
from ..paths import fixed
from ..printable import printable
from .mp4 import is_mp4
from .mp4_boxes import layout

# The file of certificates whose signers are trusted; from the environment alone, as no folder may name those.
TRUST = "VEO_TRUST_ANCHORS"
EXTRA = "provenance"
# Of c2pa: what it would otherwise ask the network for.
OFFLINE = {"remote_manifest_fetch": False, "ocsp_fetch": False}

# The `uuid` box that holds a manifest store (C2PA, "Embedding manifests into BMFF-based assets").
_MANIFEST_BOX = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")
# Not a fault of the manifest: it only says that nobody has named the signer.
_UNTRUSTED = "signingCredential.untrusted"
# c2pa's status codes that people meet, in words.
_BROKEN = {
    "assertion.bmffHash.mismatch": "the clip was changed after it was signed",
    "assertion.dataHash.mismatch": "the clip was changed after it was signed",
    "assertion.hashedURI.mismatch": "what the manifest says was changed after it was signed",
    "claimSignature.mismatch": "what the manifest says was changed after it was signed",
    "claimSignature.missing": "there is no signature",
    "claimSignature.outsideValidity": "it was signed when the certificate was not valid",
    "signingCredential.expired": "the signer's certificate has expired",
    "signingCredential.revoked": "the signer's certificate was revoked",
    "signingCredential.invalid": "the signer's certificate is not one for Content Credentials",
}
# IPTC's digital source types (http://cv.iptc.org/newscodes/digitalsourcetype/).
_SOURCES = {
    "trainedAlgorithmicMedia": "by AI",
    "compositeWithTrainedAlgorithmicMedia": "with parts by AI",
    "compositeSynthetic": "with parts by AI",
    "algorithmicMedia": "by a program without AI",
    "digitalCapture": "with a camera",
}
_BY_AI = {"trainedAlgorithmicMedia", "compositeWithTrainedAlgorithmicMedia"}
# A manifest may be anybody's.
_MOST_ITEMS, _MOST_LETTERS = 100, 200


@dataclass(frozen=True)
class Action:
    """What a manifest says was done.

    Attributes:
        name: without ``c2pa.``, such as ``created`` or ``edited``.
        source_type: where the picture comes from, as IPTC calls it, such as ``trainedAlgorithmicMedia``; or empty.
        software: what did it, or empty.
        when: ISO 8601, or empty.
    """

    name: str
    source_type: str = ""
    software: str = ""
    when: str = ""

    def __str__(self) -> str:
        source = _SOURCES.get(self.source_type, "") or (f"({self.source_type})" if self.source_type else "")
        software, when = self.software and f"with {self.software}", self.when and f"on {self.when}"
        return " ".join(part for part in (self.name, source, software, when) if part)


@dataclass(frozen=True)
class Ingredient:
    """A file that a clip was made from, by its manifest.

    Attributes:
        title: what it is called.
        relationship: ``componentOf``, ``parentOf`` or ``inputTo``.
        holds: whether its own manifest held when it was put in; None if it had none.
    """

    title: str
    relationship: str = ""
    holds: bool | None = None

    def __str__(self) -> str:
        return self.title + {None: "", True: "", False: " (its Content Credentials do not hold)"}[self.holds]


State = Literal["none", "unread", "trusted", "untrusted", "invalid"]


@dataclass(frozen=True, repr=False)
class ContentCredentials:
    """What a clip's manifest claims, and whether it holds. As text, all of it in words.

    Attributes:
        state: ``none`` (no manifest), ``unread`` (`verdict` says why), ``trusted`` (it holds, and the signer is on your
            list), ``untrusted`` (it holds, and anybody may be the signer) or ``invalid`` (it does not hold).
        verdict: the same in words, with the reason.
        signer: whom the certificate names.
        generator: the program that made the manifest.
        signed_at: ISO 8601, from a time stamp; empty if it has none.
        actions: what was done.
        ingredients: what the clip was made from.
    """

    state: State
    verdict: str
    signer: str = ""
    generator: str = ""
    signed_at: str = ""
    actions: tuple[Action, ...] = ()
    ingredients: tuple[Ingredient, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether clip and manifest are unchanged since they were signed, whoever the signer is."""
        return self.state in {"trusted", "untrusted"}

    @property
    def made_by_ai(self) -> bool:
        """Whether the manifest says that AI made the clip or parts of it."""
        return any(action.source_type in _BY_AI for action in self.actions)

    @property
    def claims(self) -> str:
        """Who signed, which program, when, what was done and with what, in words; empty if nothing is claimed."""
        parts = (
            self.signer and f"signed by {self.signer}",
            self.signed_at and f"signed on {self.signed_at}",
            self.generator and f"manifest by {self.generator}",
            ", ".join(map(str, self.actions)),
            self.ingredients and f"made from {', '.join(map(str, self.ingredients))}",
        )
        return "; ".join(part for part in parts if part)

    def __str__(self) -> str:
        return f"{self.verdict}. It claims: {self.claims}" if self.claims else self.verdict

    def __repr__(self) -> str:
        return f"ContentCredentials({str(self)!r})"


NONE = ContentCredentials("none", "no Content Credentials")


def carries(path: Path) -> bool:
    """Whether a clip has a manifest in it; a file that cannot be read has none."""
    return _MANIFEST_BOX in _uuid_boxes(path)


def credentials_of(path: Path, environ: Mapping[str, str] = os.environ) -> ContentCredentials:
    """What the manifest in a clip claims, and whether it holds.

    Args:
        path: the clip.
        environ: `TRUST` names a PEM file of certificates: signers that these vouch for are trusted.

    Raises:
        ConfigError: that file cannot be read.
    """
    # A manifest that is kept elsewhere is named by XMP, which is in such a box as well.
    found = _uuid_boxes(path)
    if not found:
        return NONE
    if find_spec("c2pa") is None:
        missing = str(MissingExtraError("Reading its Content Credentials", EXTRA))
        return ContentCredentials("unread", missing) if _MANIFEST_BOX in found else NONE
    # Read each time, so that a changed list changes the verdict of a clip that was read before.
    trusted = fixed(environ[TRUST], TRUST) if environ.get(TRUST) else None
    try:
        return _read_manifest(path, _file_state(path), _read_pem(trusted) if trusted else "")
    except OSError:
        return NONE


def _uuid_boxes(path: Path) -> set[bytes]:
    try:
        with path.open("rb") as file:
            # Only MP4 and its kin have such boxes.
            if not is_mp4(file.read(12)):
                return set()
            found = set()
            for kind, start, _ in layout(file):
                if kind == b"uuid":
                    file.seek(start)
                    found.add(file.read(16))
            return found
    except OSError:
        return set()


def _file_state(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns


def _read_pem(path: Path) -> str:
    try:
        text = path.read_text("ascii")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise ConfigError(f"{TRUST}: cannot read {str(path)!r} ({why}); name a PEM file of certificates.") from None
    if "-----BEGIN CERTIFICATE-----" not in text:
        raise ConfigError(f"{TRUST}: {str(path)!r} has no certificate in it; name a PEM file of certificates.")
    return text


# A clip is hashed for this, and shown again and again.
@lru_cache(maxsize=256)
def _read_manifest(path: Path, state: tuple[int, int, int], anchors: str) -> ContentCredentials:
    # A key of the cache alone: a file that has changed is read again.
    del state
    import c2pa

    trust = {"trust": {"trust_anchors": anchors}} if anchors else {}
    try:
        with c2pa.Context.from_dict({"verify": OFFLINE, **trust}) as context, path.open("rb") as file:
            reader = c2pa.Reader.try_create("video/mp4", file, context=context)
            if reader is None:
                return NONE
            with reader:
                said = read_json(reader.json().encode())
    except (c2pa.C2paError, ValueError) as error:
        # c2pa has no type of its own for this; `findings/` notes it, and tells when it changes.
        if str(error).startswith("Remote"):
            return ContentCredentials("unread", "its Content Credentials are kept elsewhere, and nothing is fetched")
        return ContentCredentials("invalid", f"does not hold: the manifest cannot be read ({_as_text(str(error))})")
    return _credentials_from_report(_as_map(said), listed=bool(anchors))


def _credentials_from_report(said: Mapping[str, Any], *, listed: bool) -> ContentCredentials:
    manifest = _as_map(_as_map(said.get("manifests")).get(str(said.get("active_manifest"))))
    signature = _as_map(manifest.get("signature_info"))
    state, verdict = _verdict(said, listed=listed)
    # Either may be missing in a certificate.
    names = signature.get("issuer"), signature.get("common_name")
    return ContentCredentials(
        state,
        verdict,
        signer=next((_as_text(name) for name in names if name), ""),
        generator=_generator(manifest),
        signed_at=_as_text(signature.get("time")),
        actions=tuple(_actions(manifest)),
        ingredients=tuple(map(_ingredient, _as_maps(manifest.get("ingredients")))),
    )


def _verdict(said: Mapping[str, Any], *, listed: bool) -> tuple[State, str]:
    state = said.get("validation_state")
    if state == "Trusted":
        return "trusted", f"holds, and the signer is trusted by the list of {TRUST}"
    if state == "Valid":
        why = (
            f"nobody on the list of {TRUST} vouches for them" if listed else f"{TRUST} names no list of those you trust"
        )
        return "untrusted", f"holds, but the signer is untrusted: {why}"
    reasons = dict.fromkeys(
        _BROKEN.get(code, "") or _as_text(item.get("explanation")) or code
        for item in _failures(_as_map(said.get("validation_results")))
        if (code := _as_text(item.get("code"))) != _UNTRUSTED
    )
    return "invalid", f"does not hold: {'; '.join(reasons) or 'the reason is not told'}"


def _failures(results: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    yield from _as_maps(_as_map(results.get("activeManifest")).get("failure"))
    # What was wrong with an ingredient is told apart from the clip's own manifest.
    for delta in _as_maps(results.get("ingredientDeltas")):
        yield from _as_maps(_as_map(delta.get("validationDeltas")).get("failure"))


def _generator(manifest: Mapping[str, Any]) -> str:
    infos = _as_maps(manifest.get("claim_generator_info"))
    names = [_software(info) for info in infos if info.get("name")]
    # Manifests of the first version have one text in the place of the list.
    return ", ".join(names) or _as_text(manifest.get("claim_generator"))


def _software(said: Any) -> str:
    return (
        f"{_as_text(said.get('name'))} {_as_text(said.get('version'))}".strip()
        if isinstance(said, Mapping)
        else _as_text(said)
    )


def _actions(manifest: Mapping[str, Any]) -> Iterable[Action]:
    for assertion in _as_maps(manifest.get("assertions")):
        if str(assertion.get("label", "")).startswith("c2pa.actions"):
            for item in _as_maps(_as_map(assertion.get("data")).get("actions")):
                yield Action(
                    _as_text(item.get("action")).removeprefix("c2pa."),
                    _as_text(item.get("digitalSourceType")).rpartition("/")[2],
                    _software(item.get("softwareAgent")),
                    _as_text(item.get("when")),
                )


def _ingredient(said: Mapping[str, Any]) -> Ingredient:
    results = _as_map(_as_map(said.get("validation_results")).get("activeManifest"))
    broken = any(item.get("code") != _UNTRUSTED for item in _as_maps(results.get("failure")))
    holds = not broken if said.get("active_manifest") else None
    return Ingredient(_as_text(said.get("title")) or "a file without a name", _as_text(said.get("relationship")), holds)


def _as_map(said: Any) -> Mapping[str, Any]:
    return said if isinstance(said, Mapping) else {}


def _as_maps(said: Any) -> list[Mapping[str, Any]]:
    return [item for item in said[:_MOST_ITEMS] if isinstance(item, Mapping)] if isinstance(said, list) else []


def _as_text(said: Any) -> str:
    return printable(" ".join(str(said).split()))[:_MOST_LETTERS] if isinstance(said, str | int | float) else ""

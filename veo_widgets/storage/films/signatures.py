"""A film signed by its maker, with the shots that it was made from. Needs the extra ``provenance``.

No time stamp is asked for, as that would tell a stranger of the film.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from ...domain.errors import ConfigError, MissingExtraError, VeoError
from ...domain.formats.containers import named_by
from ...domain.formats.provenance import EXTRA, OFFLINE
from ...domain.paths import fixed
from ...domain.secret import Secret
from ...domain.version import own_version

KEY, CERTIFICATES = "VEO_SIGNING_KEY", "VEO_SIGNING_CERTIFICATES"
# Those of C2PA's algorithms that such keys have, by the names that `cryptography` gives the curves.
_CURVES = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
_ADDRESS = "http://cv.iptc.org/newscodes/digitalsourcetype/{}"
# An MP4 with nothing in it.
_EMPTY = b"\0\0\0\x14ftypisom\0\0\2\0isom\0\0\0\x08mdat"
_SUIT = "an EC key (P-256, P-384 or P-521) or an Ed25519 key, without a password"


@dataclass(frozen=True)
class Part:
    """A clip that a film is made from."""

    label: str
    path: Path
    sha256: str

    @classmethod
    def of(cls, label: str, path: Path) -> Part:
        """A clip as its file is now."""
        with path.open("rb") as file:
            return cls(label, path, hashlib.file_digest(file, "sha256").hexdigest())


@dataclass(frozen=True)
class _Material:
    algorithm: str
    certificates: str
    key: Secret

    def for_c2pa(self) -> Any:
        """As c2pa takes it; without a service for time stamps."""
        import c2pa

        return c2pa.C2paSignerInfo(self.algorithm, self.certificates.encode(), self.key.reveal().encode(), None)


@dataclass(frozen=True)
class Signing:
    """The files that films are signed with.

    Attributes:
        key: the private key, as PEM.
        certificates: as PEM, the signer's own first, then those that vouch for it.
    """

    key: Path
    certificates: Path

    @property
    def mark(self) -> str:
        """What tells one signer from another; says nothing of the key."""
        # Only to see whether a film has to be made anew; `check` tells what is wrong.
        with suppress(OSError):
            return hashlib.sha256(self.certificates.read_bytes()).hexdigest()
        return ""

    def check(self) -> None:
        """Check that a film can be signed before anything is paid for, by signing a file without a picture.

        Raises:
            MissingExtraError: the extra is not installed.
            ConfigError: a file cannot be read, key and certificate do not belong together, or the certificate is none
                for Content Credentials, or not valid today.
        """
        material = self._read_material()
        import c2pa

        try:
            _sign(
                material,
                _manifest_json("", (), _ADDRESS.format("algorithmicMedia")),
                (),
                io.BytesIO(_EMPTY),
                io.BytesIO(),
            )
        except c2pa.C2paError as error:
            raise ConfigError(
                f"{CERTIFICATES}: films cannot be signed with {str(self.certificates)!r} ({error}). A certificate for "
                "Content Credentials is needed, with those that vouch for it after it."
            ) from None

    def sign(self, film: Path, target: Path, title: str, parts: Sequence[Part], source_type: str) -> None:
        """Write a film with a manifest that lists the clips it was made from, and their manifests.

        Args:
            film: the file as it was put together.
            target: the file to write.
            title: what the film is called.
            parts: the clips in it.
            source_type: where its pictures come from, as IPTC calls it.

        Raises:
            MissingExtraError, ConfigError: as `check` does.
            VeoError: it cannot be signed.
        """
        # Read for each film: key or certificate may have been renewed since.
        material = self._read_material()
        import c2pa

        try:
            with film.open("rb") as unsigned, target.open("w+b") as signed:
                _sign(material, _manifest_json(title, parts, _ADDRESS.format(source_type)), parts, unsigned, signed)
        except c2pa.C2paError as error:
            raise VeoError(
                f"The film cannot be signed: {error}. Fix what is wrong, or unset {KEY} and {CERTIFICATES} for a film "
                "without a signature."
            ) from None

    def _read_material(self) -> _Material:
        if find_spec("c2pa") is None:
            raise MissingExtraError(f"Signing films, as {KEY} asks for it,", EXTRA)
        key = Secret(_read_pem(self.key, KEY))
        certificates = _read_pem(self.certificates, CERTIFICATES)
        algorithm, public = _algorithm_and_public_key(key)
        if _public_key_of_signer(certificates) != public:
            raise ConfigError(
                f"{CERTIFICATES}: the first certificate of {str(self.certificates)!r} is not that of {KEY}. Put the "
                "signer's own first, then those that vouch for it."
            )
        return _Material(algorithm, certificates, key)


def _sign(
    material: _Material, manifest: Mapping[str, Any], parts: Sequence[Part], source: IO[bytes], target: IO[bytes]
) -> None:
    import c2pa

    with (
        # Ingredients are validated when they are added, which would ask the network.
        c2pa.Context.from_dict({"verify": OFFLINE}) as context,
        c2pa.Signer.from_info(material.for_c2pa()) as signer,
        c2pa.Builder(json.dumps(manifest), context=context) as builder,
    ):
        for part in parts:
            with part.path.open("rb") as clip:
                builder.add_ingredient(_ingredient_json(part), named_by(part.path.suffix).mime, clip)
        # A film is always an MP4, whatever its clips are.
        builder.sign(signer, "video/mp4", source, target)


def configured(environ: Mapping[str, str] = os.environ) -> Signing | None:
    """The files that films are to be signed with; None if they are not to be.

    Raises:
        ConfigError: only one of the two is named, or its home folder is nobody's.
    """
    said = {name: environ.get(name, "") for name in (KEY, CERTIFICATES)}
    lacking = [name for name, path in said.items() if not path]
    # Half a configuration is a mistake: a film without a signature would be a surprise.
    if len(lacking) == 1:
        present = KEY if lacking == [CERTIFICATES] else CERTIFICATES
        raise ConfigError(f"{present} is set and {lacking[0]} is not; films are signed with both, and without neither.")
    return None if lacking else Signing(fixed(said[KEY], KEY), fixed(said[CERTIFICATES], CERTIFICATES))


def _read_pem(path: Path, name: str) -> str:
    try:
        return path.read_text("ascii")
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise ConfigError(f"{name}: cannot read {str(path)!r} ({why}); name a PEM file.") from None


def _algorithm_and_public_key(key: Secret) -> tuple[str, Any]:
    """The algorithm that a key signs with, and its public half."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        found = load_pem_private_key(key.reveal().encode(), None)
    # TypeError is `cryptography`'s word for a key that needs a password.
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ConfigError(f"{KEY}: the file has no private key that can be read; it needs {_SUIT}.") from None
    if isinstance(found, ec.EllipticCurvePrivateKey) and found.curve.name in _CURVES:
        return _CURVES[found.curve.name], found.public_key()
    if isinstance(found, ed25519.Ed25519PrivateKey):
        return "ed25519", found.public_key()
    raise ConfigError(f"{KEY}: films cannot be signed with a key of this kind; it needs {_SUIT}.")


def _public_key_of_signer(certificates: str) -> Any:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return load_pem_x509_certificates(certificates.encode())[0].public_key()
    except (ValueError, UnsupportedAlgorithm):
        raise ConfigError(f"{CERTIFICATES}: the file has no certificate that can be read; it needs PEM.") from None


def _manifest_json(title: str, parts: Sequence[Part], source_type: str) -> dict[str, Any]:
    # By this machine's clock, since no time stamp is asked for.
    now = datetime.now(UTC).isoformat(timespec="seconds")
    actions = [
        # The first action has to say where the asset comes from (C2PA, "Actions").
        {"action": "c2pa.created", "digitalSourceType": source_type, "when": now},
        *({"action": "c2pa.placed", "parameters": {"ingredientIds": [part.label]}} for part in parts),
    ]
    return {
        "title": title,
        "format": "video/mp4",
        "claim_generator_info": [{"name": "veo-widgets", "version": own_version()}],
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}}],
    }


def _ingredient_json(part: Part) -> dict[str, str]:
    return {
        "title": part.path.name,
        "relationship": "componentOf",
        "label": part.label,
        "description": f"{part.label}, sha256 {part.sha256}",
    }

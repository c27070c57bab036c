"""Who signs clips in tests: a root of its own, and a certificate as Content Credentials ask for it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

MADE_BY_AI = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"

Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def _name(common: str, organization: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization),
        ]
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(subject: x509.Name, issuer: x509.Name, key: Key, days: int = 30) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=9))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


@dataclass(frozen=True)
class Signer:
    """A key and its certificates as PEM: the signer's own first, then the root's."""

    key: str
    certificates: str
    root: str

    @classmethod
    def made(
        cls,
        organization: str = "Meadow Pictures",
        key: Key | None = None,
        days: int = 30,
        purpose: x509.ObjectIdentifier = ExtendedKeyUsageOID.EMAIL_PROTECTION,
    ) -> Signer:
        root_key, key = ec.generate_private_key(ec.SECP256R1()), key or ec.generate_private_key(ec.SECP256R1())
        root_name, own_name = _name("A root of tests", "Tests"), _name("Clips", organization)
        root = (
            _builder(root_name, root_name, root_key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .sign(root_key, hashes.SHA256())
        )
        own = (
            _builder(own_name, root_name, key, days)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key()), critical=False)
            .sign(root_key, hashes.SHA256())
        )
        form = serialization.Encoding.PEM
        return cls(
            key.private_bytes(form, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode(),
            (own.public_bytes(form) + root.public_bytes(form)).decode(),
            root.public_bytes(form).decode(),
        )

    def files(self, folder: Path) -> dict[str, str]:
        """The variables that name this key and these certificates, in files of a folder."""
        key, certificates = folder / "key.pem", folder / "certificates.pem"
        key.write_text(self.key)
        certificates.write_text(self.certificates)
        return {"VEO_SIGNING_KEY": str(key), "VEO_SIGNING_CERTIFICATES": str(certificates)}

    def sign(self, source: Path, target: Path, **manifest: Any) -> Path:
        """Sign a clip as a service that made it by AI."""
        info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, self.certificates.encode(), self.key.encode(), None)
        created = {"action": "c2pa.created", "digitalSourceType": MADE_BY_AI}
        said = {
            "claim_generator_info": [{"name": "Meadow Veo", "version": "3.1"}],
            "title": source.name,
            "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": [created]}}],
            **manifest,
        }
        with (
            c2pa.Signer.from_info(info) as signer,
            c2pa.Builder(json.dumps(said)) as builder,
            source.open("rb") as clip,
            target.open("w+b") as out,
        ):
            builder.sign(signer, "video/mp4", clip, out)
        return target

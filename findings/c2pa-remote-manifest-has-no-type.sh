#!/bin/sh
# c2pa-python 0.38.1: a manifest that is kept on the web and may not be fetched raises C2paError, not C2paError.RemoteManifest.
#
# The library beneath begins its message with "Remote:", and the package looks for "RemoteManifest" to choose the type. A
# program that catches C2paError.RemoteManifest to say "kept elsewhere" never sees it, and has to read the message.
#
# Seen on 2026-11-29 with Python 3.11:
#   c2pa-python 0.38.1
#   with remote_manifest_fetch off: C2paError, "Remote: must fetch remote manifests from url http://127.0.0.1:9/m.c2pa"
#
# Exits 0 while that is so. Needs PyPI; nothing else of the network.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check c2pa-python==0.38.1
"$folder/venv/bin/python" - <<'PYTHON'
import base64
import io
import json
import sys
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

import c2pa
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="
)
NO_USE = dict.fromkeys(
    ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only", "decipher_only"), False
)
PEM = serialization.Encoding.PEM


def certificate(name, key, issuer, issuer_key, ca):
    called = [x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, text)]) for text in (name, issuer)]
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(issuer_name=called[1], subject_name=called[0])
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(digital_signature=not ca, key_cert_sign=ca, crl_sign=ca, **NO_USE), critical=True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    if not ca:
        made = made.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
    return made.sign(issuer_key, hashes.SHA256()).public_bytes(PEM)


root, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
chain = certificate("A signer", own, "A root", root, False) + certificate("A root", root, "A root", root, True)
key = own.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
source = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
created = {"actions": [{"action": "c2pa.created", "digitalSourceType": source}]}
signed = io.BytesIO()
with (
    c2pa.Signer.from_info(c2pa.C2paSignerInfo("es256", chain, key, None)) as signer,
    c2pa.Builder(json.dumps({"assertions": [{"label": "c2pa.actions.v2", "data": created}]})) as builder,
):
    builder.set_no_embed()
    builder.set_remote_url("http://127.0.0.1:9/m.c2pa")
    builder.sign(signer, "image/png", io.BytesIO(PNG), signed)
signed.seek(0)
print("c2pa-python", version("c2pa-python"))
error = None
with c2pa.Context.from_dict({"verify": {"remote_manifest_fetch": False}}) as context:
    try:
        c2pa.Reader("image/png", signed, context=context)
    except c2pa.C2paError as raised:
        error = raised
print(f'with remote_manifest_fetch off: {type(error).__name__}, "{error}"')
sys.exit(0 if type(error) is c2pa.C2paError and str(error).startswith("Remote: ") else 1)
PYTHON

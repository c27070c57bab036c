#!/bin/sh
# httpx 0.28.1: with NO_PROXY=[::1] in the environment no Client can be made, whatever it is for: InvalidURL.
#
# In an address an IPv6 host stands in brackets, so it is often written so here too. httpx turns it into the pattern
# "all://*[::1]", whose colon it takes for the beginning of a port. The client need not use any proxy, nor go to that
# address: making it fails. ::1 without brackets works, and so does trust_env=False.
#
# Seen on 2026-11-28 with Python 3.11:
#   httpx 0.28.1
#   NO_PROXY=[::1]: InvalidURL (Invalid port: ':1]')
#   NO_PROXY=::1: a client
#   NO_PROXY=localhost,127.0.0.1: a client
#   NO_PROXY=[::1], trust_env=False: a client
#
# Exits 0 while that is so. Needs PyPI; nothing else of the network.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check httpx==0.28.1
"$folder/venv/bin/python" - <<'PYTHON'
import os
import sys

import httpx

for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
    os.environ.pop(name, None)
    os.environ.pop(name.upper(), None)
print("httpx", httpx.__version__)


def made(no_proxy, **options):
    os.environ["NO_PROXY"] = no_proxy
    try:
        httpx.Client(**options).close()
    except Exception as error:
        found = f"{type(error).__name__} ({error})"
    else:
        found = "a client"
    print(f"NO_PROXY={no_proxy}{''.join(f', {key}={value}' for key, value in options.items())}: {found}")
    return found


seen = [made("[::1]"), made("::1"), made("localhost,127.0.0.1"), made("[::1]", trust_env=False)]
sys.exit(0 if seen == ["InvalidURL (Invalid port: ':1]')", "a client", "a client", "a client"] else 1)
PYTHON

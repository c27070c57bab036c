"""How requests are signed; with Google's tokens in `google_login`. The only user of azure-identity."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import cache
from typing import Any, Protocol

import anyio.to_thread

from ..domain.errors import AuthenticationError, ConfigError, MissingExtraError, NoAnswerError
from ..domain.secret import Secret as Secret  # noqa: PLC0414 (who asks for credentials finds it here)

_AZURE_SCOPE = "https://cognitiveservices.azure.com/.default"
# A token that runs out on the way is worth nothing.
_AZURE_MARGIN_SECONDS = 300


class Signature(str):
    """The value of a header that signs. It is sent as it is, and a traceback that shows local variables shows none."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'…'"

    def __getitem__(self, key: Any) -> str:
        # Those who shorten a long text before they show it shorten this one to nothing.
        return ""


class Credentials(Protocol):
    """Something that signs requests to one provider."""

    async def headers(self) -> dict[str, str]:
        """The headers that sign a request.

        Raises:
            ConfigError: there is nothing to sign with.
            AuthenticationError: it was refused where tokens are given out.
        """


class NoCredentials:
    """For the emulator, which wants to see a key and does not care which."""

    async def headers(self) -> dict[str, str]:
        """Both forms, since the emulator has the paths of both services."""
        # A made-up key: a real one must not go to a stand-in.
        return {"x-goog-api-key": "emulator", "authorization": "Bearer emulator"}


class NoKey:
    """For a server that wants none; one that does is told of when it refuses."""

    async def headers(self) -> dict[str, str]:
        """No header."""
        return {}


class ApiKey:
    """A key in a header of its own; in a query it would end up in logs.

    Args:
        key: the key.
        header: Google's, unless told otherwise.
    """

    def __init__(self, key: Secret, header: str = "x-goog-api-key") -> None:
        self._key, self._header = key, header

    async def headers(self) -> dict[str, str]:
        """The header with the key."""
        return {self._header: Signature(self._key.reveal())}


class BearerKey:
    """A key as OpenAI and the gateways in its manner take it."""

    def __init__(self, key: Secret) -> None:
        self._key = key

    async def headers(self) -> dict[str, str]:
        """``Authorization: Bearer``."""
        return {"authorization": Signature(f"Bearer {self._key.reveal()}")}


class StoredKey:
    """A key in a keyring or vault, looked up when a request is signed, since the vault may be slow.

    Args:
        find: gives the key, or None; called in a thread.
        sign: makes the credentials of the key.
        missing: what to say if there is none; empty where a request goes without one.

    Attributes:
        is_lacking: whether it has been looked for in vain.
    """

    def __init__(self, find: Callable[[], Secret | None], sign: Callable[[Secret], Credentials], missing: str) -> None:
        self._find, self._sign, self._missing = find, sign, missing
        self.is_lacking = False

    async def headers(self) -> dict[str, str]:
        """The header with the key."""
        key = await anyio.to_thread.run_sync(self._find)
        self.is_lacking = not key
        if not key:
            if self._missing:
                raise ConfigError(self._missing)
            return {}
        return await self._sign(key).headers()


class AzureToken:
    """Microsoft Entra's token for Azure: of a managed identity, a service principal, or whoever has run ``az login``.

    Source: azure-identity's ``DefaultAzureCredential``, and the scope that Azure OpenAI's pages name.
    """

    def __init__(self) -> None:
        self._azure: Any = None
        self._token: Any = None
        self._lock = threading.Lock()

    async def headers(self) -> dict[str, str]:
        """``Authorization: Bearer``, with a token that holds for some minutes yet."""
        return await anyio.to_thread.run_sync(self._signed_headers)

    def _signed_headers(self) -> dict[str, str]:
        # Many jobs poll at once; one of them asks for the token.
        with self._lock:
            if self._token is None or self._token.expires_on < time.time() + _AZURE_MARGIN_SECONDS:
                self._token = self._new_token()
            return {"authorization": Signature(f"Bearer {Secret(self._token.token).reveal()}")}

    def _new_token(self) -> Any:
        try:
            import azure.core.exceptions
            import azure.identity
        except ImportError:
            raise MissingExtraError("Azure OpenAI without AZURE_OPENAI_API_KEY", "azure") from None
        try:
            self._azure = self._azure or azure.identity.DefaultAzureCredential()
            return self._azure.get_token(_AZURE_SCOPE)
        except (azure.core.exceptions.ServiceRequestError, azure.core.exceptions.ServiceResponseError) as error:
            raise NoAnswerError(f"Azure's tokens could not be reached: {error}.", sent=False) from None
        except azure.core.exceptions.AzureError as error:
            # azure-identity lists every way that it tried, and then links to a page.
            tried = " ".join(str(error).partition("To mitigate")[0].split())
            raise AuthenticationError(
                f"Azure OpenAI: no key was found, and Azure gave no token: {tried[:400].rstrip('.')}. "
                "Set AZURE_OPENAI_API_KEY or AZURE_AD_TOKEN, or run `az login`."
            ) from None
        except (OSError, ValueError) as error:
            # Its HTTP library reads these variables for itself.
            raise ConfigError(
                f"Azure's tokens could not be asked for: {error}. Look at what HTTPS_PROXY and REQUESTS_CA_BUNDLE say."
            ) from None


@cache
def azure_token(client_id: str) -> AzureToken:
    """The credentials of this process for one of Azure's clients; shared, so that a token is asked for once.

    Args:
        client_id: what ``AZURE_CLIENT_ID`` says, or an empty text.
    """
    del client_id
    return AzureToken()

"""Images that are named by their web address: read before a create, where the service takes bytes only."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..config.accounts import Account
from ..domain.errors import DownloadError, InvalidRequestError
from ..domain.media import MAX_IMAGE_BYTES, Image
from .plan import Plan
from .transport.transport import Transport


async def with_images(plan: Plan, account: Account, transport: Transport) -> Plan:
    """The plan with the bytes of its images in the place of their web addresses, unless its wire carries those.

    Raises:
        InvalidRequestError: one cannot be read or is no image; nothing was sent to the service.
    """
    request = plan.request
    if plan.wire.reads_web or not any(image.is_on_web for image in request.images):
        return plan

    async def read(image: Image | None, parameter: str) -> Image | None:
        return await _fetched(image, parameter, account, transport) if image and image.is_on_web else image

    references = [await read(image, "reference_images") for image in request.reference_images]
    images: dict[str, Any] = {
        "first_frame": await read(request.first_frame, "first_frame"),
        "last_frame": await read(request.last_frame, "last_frame"),
        "reference_images": tuple(image for image in references if image),
    }
    return replace(plan, request=replace(request, **images), full=replace(plan.full, **images))


async def _fetched(image: Image, parameter: str, account: Account, transport: Transport) -> Image:
    try:
        data = await transport.fetch(image.uri, account, MAX_IMAGE_BYTES)
    except DownloadError as error:
        raise InvalidRequestError(
            f"{parameter}: {image.address} cannot be read. {error} Give the file itself.",
            parameter=parameter,
            value=image.address,
        ) from None
    try:
        return replace(Image.of(data, parameter), name=image.name)
    except InvalidRequestError as error:
        message = str(error).replace("'bytes'", f"what is at {image.address}", 1)
        raise InvalidRequestError(message, parameter=parameter, value=image.address) from None

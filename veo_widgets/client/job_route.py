"""How the service that has a job is reached: looked up once for a job, and passed on."""

from __future__ import annotations

from dataclasses import dataclass

from ..config.accounts import Account
from ..config.settings import Settings
from ..domain.catalog import Model
from ..domain.errors import VeoError
from ..domain.job_record import JobRecord
from ..providers.registry import Endpoint, model_at, provider_named, server_of
from ..providers.wires import Wire


@dataclass(frozen=True)
class Route:
    """How the service that has a job is reached.

    Attributes:
        account: where the service is, and how requests to it are signed.
        wire: how it is spoken to.
        model: the catalog's entry; None if the model has left the catalog since the job was sent.
        settings: those in force for the job's profile.
    """

    account: Account
    wire: Wire
    model: Model | None
    settings: Settings


def keeps_list(record: JobRecord) -> bool:
    """Whether the service of a job keeps a list in which it would stand."""
    return record.is_listed and server_of(Endpoint(record.provider, record.surface, "")).lists


def model_of(record: JobRecord) -> Model | None:
    """The catalog's entry for a job's model; None if the model has left the catalog since, or its provider has gone."""
    try:
        return model_at(provider_named(record.provider), record.model)
    except VeoError:
        return None

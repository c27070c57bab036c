"""Which limit a service says has been reached, and what to do about each."""

from __future__ import annotations

import re
from math import ceil

from ...domain.errors import Limit
from .error_bodies import ErrorBody

# The first that is found counts. Sources: Google's quota ids and metrics, its words on spend caps and prepaid credit,
# OpenAI's error codes, and the sentences of LiteLLM 1.106.
_SIGNS: tuple[tuple[Limit, re.Pattern[str]], ...] = (
    (
        "spend",
        re.compile(
            r"budget|spend(ing)?[ _-]?(cap|limit)|insufficient[ _](quota|funds|balance|credit)"
            r"|credits are depleted|billing_hard_limit"
        ),
    ),
    ("day", re.compile(r"per[ _-]?day|\bdaily\b|\brpd\b")),
    (
        "running",
        re.compile(
            r"concurren|max parallel request limit reached|limit type: max_parallel"
            r"|\b(running|pending|active) (operation|job|request|task)s"
        ),
    ),
    (
        "minute",
        re.compile(
            r"per[ _-]?minute|\b[rt]pm\b|rate[ _-]?limit|too many requests|throttl|no deployments available"
            r"|long_running_online_prediction_requests"
        ),
    ),
)
_SPEND = {
    "gemini": "Raise the cap at https://ai.studio/spend or add credit at https://ai.studio/projects",
    "agent_platform": "Look at the project's billing at https://console.cloud.google.com/billing",
    "openai": "Add credit or raise the limit at https://platform.openai.com/settings/organization/billing",
    "azure": "Raise the limit of the resource in the Azure portal",
}
# LiteLLM's code and two of OpenAI's.
_MONEY = {"budget_exceeded", "billing_hard_limit_reached", "insufficient_quota"}


def is_about_money(said: ErrorBody) -> bool:
    """Whether an error of any status is a spent budget: LiteLLM gives it 422, 400 or 429, as its operator chooses."""
    return said.code in _MONEY or said.message.startswith(("ExceededBudget", "Budget has been exceeded"))


def limit_of(said: ErrorBody) -> Limit:
    """The limit that was reached; empty if the service does not say which, as the Agent Platform often does not."""
    if _is_none_at_all(said):
        return "spend"
    # Of a quota the id tells most: the sentence is the same for a minute and a day.
    named = (str(violation.get(key) or "") for violation in said.violations for key in ("quotaId", "quotaMetric"))
    words = " ".join((said.message, said.code, *named)).lower()
    return next((limit for limit, sign in _SIGNS if sign.search(words)), "")


def _is_none_at_all(said: ErrorBody) -> bool:
    """Whether there never was any quota: a free key has none for video, and no waiting fills it."""
    return "limit: 0, " in said.message or any(str(one.get("quotaValue")) == "0" for one in said.violations)


def _more_to_spend(said: ErrorBody, provider: str) -> str:
    if provider == "litellm" and said.is_googles:
        raise_it = "Tell the proxy's operator, whose account it is"
    elif _is_none_at_all(said):
        raise_it = "This account has no quota for the model, as free ones have none: turn billing on for its project"
    elif provider == "litellm":
        # Its budgets begin anew after a while, unlike the accounts of others.
        return (
            "Ask the proxy's operator to raise the budget of your key, user or team, or wait until it is set anew; "
            "`veo doctor` shows it."
        )
    else:
        raise_it = _SPEND.get(provider, "Raise the limit")
    return f"{raise_it}; waiting does not help."


def limit_remedy(limit: Limit, said: ErrorBody, provider: str, retry_after: float | None) -> str:
    """What to do about a limit.

    Args:
        limit: from `limit_of`.
        said: the error.
        provider: the name of the provider that was asked, or empty.
        retry_after: seconds the service asked to wait.
    """
    if limit == "spend":
        return _more_to_spend(said, provider)
    if limit == "day":
        # Source: https://ai.google.dev/gemini-api/docs/rate-limits.
        anew = "at midnight Pacific time" if said.is_googles else "within a day"
        return f"The day's quota is used up and starts again {anew}; send it again then, or ask for more."
    if limit == "running":
        return "There is room again when one of the running jobs has ended."
    if limit == "minute":
        passes = "within a minute" if retry_after is None else f"in {max(1, ceil(retry_after))} s"
        return f"That passes {passes}; send fewer at a time, or ask for more quota."
    return "That may pass in a while; if it does not, ask for more quota."

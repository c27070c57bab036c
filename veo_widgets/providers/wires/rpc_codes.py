"""Errors inside a finished operation: numbers of google.rpc.Code, their names, and what to do about them.

Source: https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto.
"""

from __future__ import annotations

import re

from ...domain.job_record import Operation
from .filter_reasons import explain

# Name, whether a new job may well succeed, and the remedy; empty where the message says what to change.
_CODES = {
    2: ("UNKNOWN", True, "Send it again."),
    3: ("INVALID_ARGUMENT", False, ""),
    4: ("DEADLINE_EXCEEDED", True, "The service ran out of time; send it again."),
    5: ("NOT_FOUND", False, "See that every input is still there and that the model is served in this location."),
    6: ("ALREADY_EXISTS", False, ""),
    7: (
        "PERMISSION_DENIED",
        False,
        "See that the project may use the model, and the service's own account the inputs and the bucket.",
    ),
    8: ("RESOURCE_EXHAUSTED", True, "The quota or the service's machines are used up; wait, then send it again."),
    9: ("FAILED_PRECONDITION", False, ""),
    10: ("ABORTED", True, "Send it again."),
    11: ("OUT_OF_RANGE", False, ""),
    12: ("UNIMPLEMENTED", False, "The model cannot do this; leave out what the message names, or use another model."),
    13: ("INTERNAL", True, "The service has failed; send it again."),
    14: ("UNAVAILABLE", True, "The service is overloaded; wait a while, then send it again."),
    15: ("DATA_LOSS", True, "Send it again."),
    16: ("UNAUTHENTICATED", False, "The login ran out while the job was running; sign in again, then send it again."),
}
_REPHRASE = "Rephrase the prompt or change the image: the filter has refused what was sent, not a clip."


_NUMBERS = {name: number for number, (name, _, _) in _CODES.items()}


def rpc_failure(name: str, code: object, message: str) -> Operation | None:
    """A failed operation with the code's name and its remedy; None if `code` is none of google.rpc.Code.

    Args:
        name: the operation's.
        code: as the service sent it: a number, its digits or its name.
        message: the service's own sentence.
    """
    number = _code_number(code)
    # Its own outcome here: somebody has called the job off, and nothing has to be remedied.
    if number == 1:
        return Operation(name, "failed", code="cancelled", message=message)
    if number not in _CODES:
        return None
    called, retryable, remedy = _CODES[number]
    # A support code in the sentence: the filter has refused, whatever the number says of trying again.
    if (told := explain(message)) != message.strip():
        retryable, remedy = False, _REPHRASE
    shown = called if code == called else f"{number} {called}"
    return Operation(name, "failed", code=shown, message=told, retryable=retryable, remedy=remedy)


def _code_number(code: object) -> int:
    """The number that a code stands for; 0, which is no error's, if it stands for none."""
    if isinstance(code, str):
        return int(code) if re.fullmatch("[0-9]{1,2}", code) else _NUMBERS.get(code, 0)
    return code if isinstance(code, int) and not isinstance(code, bool) else 0

"""When programs are killed or stopped, and what must become of their job: the data of `test_kills`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Kind:
    """A kind of job: what is said, and whether the service has no room for its first create."""

    said: dict[str, Any] = field(default_factory=lambda: {"model": "veo-3.1-generate-preview", "seconds": 4})
    held_back: bool = False


KINDS = {
    "plain": Kind(),
    "pair": Kind({"model": "veo-2.0-generate-001", "seconds": 5, "samples": 2}),
    "held back": Kind(held_back=True),
}

# A moment is a function that is called or returns for the n-th time. `not sent` lies between the writing of the intent
# and that of the sending; `unknown` from there, where the create may have left, to the writing of its answer.
MOMENTS = {
    "before the intent is written": ("Ledger.reserve", "call", 1, "nothing"),
    "in the transaction of the intent": ("write_job", "return", 1, "nothing"),
    "after the intent is written": ("Ledger.reserve", "return", 1, "not sent"),
    "before the create is handed to the network": ("Transport.post", "call", 1, "not sent"),
    "before the sending is written": ("Ledger.begin_sending", "call", 1, "not sent"),
    "in the transaction of the sending": ("write_job", "return", 2, "not sent"),
    "when the sending is written": ("Ledger.begin_sending", "return", 1, "unknown"),
    "before the create leaves": ("socket.send", "call", 1, "unknown"),
    "when the head of the create has left": ("socket.send", "return", 1, "unknown"),
    "when the create has left": ("socket.send", "return", 2, "unknown"),
    "when the answer is there": ("socket.recv", "return", 1, "unknown"),
    "when the answer is read": ("accepted", "return", 1, "unknown"),
    "before the answer is written": ("Ledger.write", "call", 1, "unknown"),
    "when the answer is written": ("Ledger.write", "return", 1, "succeeded"),
    "before the first poll": ("StatusChecks._look", "call", 1, "succeeded"),
    "when the poll has left": ("socket.send", "return", 3, "succeeded"),
    "when the poll is answered": ("advance", "return", 1, "succeeded"),
    "before the download": ("Downloads.save_all", "call", 1, "succeeded"),
    "when there is an empty part file": ("Receiving.__init__", "return", 1, "succeeded"),
    "in the middle of the download": ("Receiving._write", "return", 1, "succeeded"),
    "before the clip is flushed": ("os.fsync", "call", 1, "succeeded"),
    "when the clip is flushed": ("os.fsync", "return", 1, "succeeded"),
    "before the clip gets its name": ("os.replace", "call", 1, "succeeded"),
    "when the clip has its name": ("os.replace", "return", 1, "succeeded"),
    "before the recipe is written": ("write_sidecar", "call", 1, "succeeded"),
    "before the recipe gets its name": ("os.replace", "call", 2, "succeeded"),
    "before the clip is noted": ("write_sidecar", "return", 1, "succeeded"),
    "before the last state is written": ("saved", "return", 1, "succeeded"),
    "before the digest is reckoned": ("Digests.of", "call", 1, "succeeded"),
    "in the middle of the digest": ("_check_unchanged", "return", 1, "succeeded"),
    "before the digest is put beside the clip": ("os.replace", "call", 3, "succeeded"),
    "before the digest is noted": ("Ledger.note_digests", "call", 1, "succeeded"),
    "in the transaction of the digest": ("add_digests", "return", 1, "succeeded"),
    "before the lease is given back": ("Ledger.release", "call", 1, "succeeded"),
}
# What only one kind of job meets.
OTHER_MOMENTS = {
    "pair: between two clips": ("pair", "os.fsync", "call", 3, "succeeded"),
    "held back: before that is written": ("held back", "Ledger.write", "call", 1, "unknown"),
    "held back: when that is written": ("held back", "Ledger.write", "return", 1, "succeeded"),
    "held back: before it is sent again": ("held back", "Ledger.begin_sending", "call", 2, "succeeded"),
    "held back: when sending again is written": ("held back", "Ledger.begin_sending", "return", 2, "unknown"),
    "held back: when the second create has left": ("held back", "socket.send", "return", 4, "unknown"),
    "held back: when its answer is written": ("held back", "Ledger.write", "return", 2, "succeeded"),
}

# Stopped there for longer than a lease holds, while another program takes the job over. What has not left by then must
# not leave any more.
STOPS = {
    "after the intent is written": ("plain", "Ledger.reserve", "return", 1),
    "before the sending is written": ("plain", "Ledger.begin_sending", "call", 1),
    "when the sending is written": ("plain", "Ledger.begin_sending", "return", 1),
    "before the create leaves": ("plain", "socket.send", "call", 1),
    "before the answer is written": ("plain", "Ledger.write", "call", 1),
    "when the poll is answered": ("plain", "advance", "return", 1),
    "in the middle of the download": ("plain", "Receiving._write", "return", 1),
    "before the clip gets its name": ("plain", "os.replace", "call", 1),
    "when the clip has its name": ("plain", "os.replace", "return", 1),
    "before the recipe gets its name": ("plain", "os.replace", "call", 2),
    "before the clip is noted": ("plain", "write_sidecar", "return", 1),
    "before the last state is written": ("plain", "saved", "return", 1),
    "held back: when that is written": ("held back", "Ledger.write", "return", 1),
    "held back: before it is sent again": ("held back", "Ledger.begin_sending", "call", 2),
    "held back: when sending again is written": ("held back", "Ledger.begin_sending", "return", 2),
}
# Of these the program that takes over says that they were not sent; all others end well.
NOT_SENT = {"after the intent is written", "before the sending is written"}

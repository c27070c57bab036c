"""The most memory that this process has had since it asked to be measured; Linux only.

``resource.getrusage`` will not do: what the process that started this one had counts there too.
"""

from pathlib import Path


def _megabytes(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


class Peak:
    """From its making on."""

    def __init__(self):
        Path("/proc/self/clear_refs").write_text("5")
        self.before = _megabytes("VmRSS")

    def above(self):
        """Megabytes at most above those at the beginning."""
        return max(_megabytes("VmHWM") - self.before, 0.0)

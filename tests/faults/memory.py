"""What processes and their children hold in memory, read from /proc."""

from collections.abc import Iterable
from pathlib import Path


class Memory:
    """Compares from now on: how much more the processes hold, at their peak too, and which of them died."""

    def __init__(self, parents: Iterable[int]) -> None:
        self._parents = list(parents)
        self._processes = self._alive()
        for pid in self._processes:
            Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")  # the peak counts from here
        self.before = sum(_kibibytes(pid, "VmRSS") for pid in self._processes)
        """KiB resident, all in all."""

    def _alive(self) -> list[int]:
        return [each for parent in self._parents for each in [parent, *_children(parent)]]

    def growth(self) -> int:
        """KiB more than before, all in all."""
        return sum(_kibibytes(pid, "VmRSS") for pid in self._alive()) - self.before

    def peak_growth(self) -> int:
        """The same, each at its own peak since then."""
        return sum(_kibibytes(pid, "VmHWM") for pid in self._alive()) - self.before

    def deaths(self) -> int:
        """How many of the processes there were are no more."""
        return len(set(self._processes) - set(self._alive()))


def _children(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text(encoding="ascii")
    return [int(each) for each in listed.split()]


def _kibibytes(pid: int, name: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))

"""What a child process must not share with the one it was forked from."""

import os
import weakref
from collections.abc import Callable


def in_each_child(method: Callable[[], object]) -> None:
    """Call a bound method in every child forked from now on, as long as its object lives."""
    remembered = weakref.WeakMethod(method)

    def in_child() -> None:
        found = remembered()
        if found is not None:
            found()

    os.register_at_fork(after_in_child=in_child)

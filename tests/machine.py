"""What tests need of the machine beside Python: there, or skipped, or missing though it was promised.

A test that needs what is not there is skipped. ``EXPECT_<NAME>=1`` promises it, as ``.ci/run`` does: then that is a failure.
"""

import importlib.util
import os
import shutil
from collections.abc import Callable
from typing import NoReturn

import pytest


def is_missing(name: str, why: str) -> NoReturn:
    """End the test with the skip or the failure that ``EXPECT_<NAME>`` asks for.

    Args:
        name: what is missing, in the words of the variable: ``strace``, ``browser``.
        why: for people.
    """
    sentence = f"No {name} for the tests: {why}"
    if os.environ.get(f"EXPECT_{name.upper()}") == "1":
        pytest.fail(sentence)
    pytest.skip(sentence, allow_module_level=True)


def needs(name: str, require: Callable[[], object]) -> None:
    """Go on where ``require()`` does; where it raises SystemExit, its sentence tells what is missing."""
    try:
        require()
    except SystemExit as reason:
        is_missing(name, str(reason))


def needs_program(name: str, program: str | None = None) -> str:
    """The path of a program (called as ``name``, without another)."""
    return shutil.which(program or name) or is_missing(name, f"{program or name} is not installed.")


def needs_module(name: str, module: str) -> None:
    """Go on where a module can be imported; for the top of a file that imports it."""
    if importlib.util.find_spec(module) is None:
        is_missing(name, f"there is no {module} (pip install -e '.[{name}]').")

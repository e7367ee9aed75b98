"""Secrets that lie in files of their own, as Docker, Kubernetes and the agents of vaults hand them out."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

SUFFIX = "_FILE"
LONGEST = 64 * 1024
"""Bytes. A longer file was meant for something else."""


def read_files(source: Mapping[str, Any], secrets: Iterable[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """What the files hold that ``source`` names, and a sentence for each secret whose file does not serve.

    Args:
        secrets: names in capitals: ``JWT_SECRET_FILE`` holds the path of a file with ``JWT_SECRET``, and perhaps a newline.
    """
    found: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name in secrets:
        path = source.get(name + SUFFIX)
        if path in (None, ""):
            continue
        if source.get(name) not in (None, ""):
            problems[name] = f"{name} and {name}{SUFFIX} are both set: keep one of them."
            continue
        try:
            found[name] = _read(Path(str(path)))
        except ValueError as error:
            problems[name] = f"{name}{SUFFIX}: {path} {error}."
    return found, problems


def _read(path: Path) -> str:
    """The text of a file without its closing newline. Raises ValueError with what is wrong with it."""
    try:
        with path.open("rb") as file:
            text = file.read(LONGEST + 1).decode()
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8 text") from None
    except (OSError, ValueError) as error:  # the latter of a path with a NUL
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is no path"
        raise ValueError(f"cannot be read ({reason})") from None
    text = text.removesuffix("\n").removesuffix("\r")
    if not text:
        raise ValueError("is empty")
    if len(text) > LONGEST:
        raise ValueError("is too long to hold a secret")
    return text

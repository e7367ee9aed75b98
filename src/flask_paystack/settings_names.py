"""Names that look like a setting of ours and are none: a setting misspelt would be left out without a word."""

import difflib
from collections.abc import Collection, Iterator, Mapping

PREFIXES = ("PAYSTACK_", "LIMIT_", "ADMIN_EMAIL")
"""Whatever starts so is meant for us, wherever it stands."""
PREFIXES_IN_FILE = (*PREFIXES, "JWT_", "MAIL_", "NOTIFY_", "RECORDS_")
"""In ``.env``, which is ours, these are too."""
OTHERS = frozenset(
    {
        "PAYSTACK_PUBLIC_KEY",  # for frontends
        "MAIL_DEBUG", "MAIL_MAX_EMAILS", "MAIL_SUPPRESS_SEND", "MAIL_ASCII_ATTACHMENTS", "MAIL_BACKEND",  # Flask-Mail's
    }
)  # fmt: skip
"""Names of other people's that start like ours."""
CLOSE = 0.88
CLOSE_IN_FILE = 0.8
"""How alike, by difflib, a name must be to a setting's to be taken for it misspelt."""


def unknown_names(
    environment: Mapping[str, object], file: Mapping[str, object], known: Collection[str]
) -> Iterator[str]:
    """A sentence for each name with a value that looks like one of ``known`` and is none.

    The environment is shared with everything else that runs, so a name there must be closer than one in ``.env``.
    """
    for name in sorted(environment.keys() | file.keys()):
        in_file = bool(file.get(name))
        if name in known or name in OTHERS or not (in_file or environment.get(name)):
            continue
        where, prefixes, cutoff = (
            (".env", PREFIXES_IN_FILE, CLOSE_IN_FILE) if in_file else ("the environment", PREFIXES, CLOSE)
        )
        spelt = name.upper() if in_file else name
        nearest = [each for each in difflib.get_close_matches(spelt, known, 1, cutoff) if not _is_longer(spelt, each)]
        if nearest or spelt.startswith(prefixes):
            meant = nearest or difflib.get_close_matches(spelt, known, 1, 0.5)
            hint = f"did you mean {meant[0]}?" if meant else ".env.example lists every setting."
            yield f"{name} in {where} is no setting: {hint}"


def _is_longer(name: str, setting: str) -> bool:
    """``TEST_DATABASE_URL`` is somebody's own, and no misspelling."""
    return name.startswith(f"{setting}_") or name.endswith(f"_{setting}")

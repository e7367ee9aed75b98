"""Whether strace can be used here."""

import shutil
import subprocess


def require() -> None:
    """Raise SystemExit, with a sentence, where it is not installed or not allowed to trace."""
    if shutil.which("strace") is None:
        raise SystemExit("This fault needs strace: apt-get install strace.")
    tried = subprocess.run(["strace", "--output=/dev/null", "true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        raise SystemExit(f"This fault needs strace, which may not trace here: {tried.stderr.strip()}")

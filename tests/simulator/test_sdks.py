"""Three SDKs from PyPI that nobody here wrote, unchanged but for their base URL, against a running simulator.

They are installed into a directory of their own. Without a registry the tests are skipped; with ``EXPECT_SDKS=1`` that is a
failure.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from paystack_simulator import SimulatorServer, create_simulator

PROGRAMS = Path(__file__).parent / "sdks"
KEY = "sk_test_of_an_sdk"
SDKS = {
    "paystackapi": "paystackapi==2.1.3",
    "pypaystack2": "pypaystack2==3.4.0",
    "paystackease": "paystackease==2.3.7",
}


def installed(requirement: str, target: Path) -> None:
    """Install an SDK and what it needs into ``target``, or skip, or fail where SDKs are expected."""
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-input", "--target", str(target), requirement]
    try:
        subprocess.run(install, capture_output=True, text=True, check=True, timeout=300)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        sentence = f"{requirement} cannot be installed here: {(error.stderr or str(error))[-300:]}"
        if os.environ.get("EXPECT_SDKS") == "1":
            pytest.fail(sentence)
        pytest.skip(sentence)


@pytest.mark.slow
@pytest.mark.parametrize("name", SDKS)
def test_an_sdk_of_strangers_initializes_pays_verifies_lists_and_refunds(name: str, tmp_path: Path) -> None:
    installed(SDKS[name], tmp_path)
    environment = {
        "PYTHONPATH": str(tmp_path),
        "PATH": os.environ.get("PATH", ""),
        "PAYSTACK_SECRET_KEY": KEY,
        "no_proxy": "*",
    }

    with SimulatorServer(create_simulator()) as server:
        program = [sys.executable, str(PROGRAMS / f"{name}_program.py"), server.url, KEY]
        shown = subprocess.run(program, capture_output=True, text=True, env=environment, timeout=120)

    assert shown.returncode == 0, shown.stderr
    assert json.loads(shown.stdout.splitlines()[-1]) == {
        "status": "success",
        "amount": 500000,
        "listed": ["sdk-1"],
        "refund": "pending",
        "refunds": [100000],
    }

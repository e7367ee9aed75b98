"""What the simulator costs: its start, and the memory of a long day."""

import subprocess
import sys
import time

import pytest
import requests

ROUNDS = 10_000
MOST_MIB = 200

PROGRAM = f"""
import resource
from paystack_simulator import create_simulator

app = create_simulator()
sim = app.extensions["simulator"]
integration = sim.world.integration("sk_test_a")
for number in range({ROUNDS}):
    fields = {{"email": f"c{{number}}@example.com", "amount": 500000, "reference": f"ord-{{number}}"}}
    sim.transactions.initialize(integration, fields | {{"metadata": {{"order_id": number}}}})
    sim.pay(f"ord-{{number}}")
assert sum(transaction.paid for transaction in sim.world.all_transactions()) == {ROUNDS}
assert len(sim.webhooks.snapshot()) == {ROUNDS}
with open("/proc/self/status") as status:
    print(next(int(line.split()[1]) // 1024 for line in status if line.startswith("VmRSS")))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Memory is read from Linux's /proc.")
def test_ten_thousand_paid_transactions_and_their_events_fit_in_200_mib() -> None:
    shown = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=120)

    assert int(shown.stdout) < MOST_MIB


def test_the_command_answers_soon_after_it_is_called() -> None:
    """A second is for the server, tested elsewhere; here Python's own start and imports come on top."""
    began = time.monotonic()
    run = [sys.executable, "-u", "-c", "from paystack_simulator.cli import simulator; simulator()", "--port", "0"]
    with subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[-1]
            assert requests.get(f"{url}/_simulator/state", timeout=5).status_code == 200
        finally:
            process.terminate()

    assert time.monotonic() - began < 10

"""``flask demo --check``: every story, one after the other, and a transcript of what was true."""

import time
from collections.abc import Callable, Sequence

from flask_paystack.demo import customers, members, operators
from flask_paystack.demo.scene import Scene, Untrue
from flask_paystack.demo.stack import Stack

Story = Callable[[Scene], None]
Say = Callable[[str], None]

SECONDS = 25.0
"""How long all stories together may wait; what is not true by then is untrue."""
PATIENCE = 8.0
"""Seconds that something promised "soon" may take: a job looks every five, and Paystack is asked every three."""

PACE = {"POLL_EVERY": 60, "FAILURE_NOTICE_AFTER": 1}
"""For the stack: nothing is found by polling unless a story moves the time, and then at once."""

STORIES: Sequence[Story] = (
    customers.pays_and_returns,
    customers.pays_and_never_returns,
    customers.same_webhook_three_times,
    customers.tampers_with_the_price,
    customers.pays_a_wrong_amount,
    customers.gets_a_receipt,
    customers.is_handed_over,
    customers.is_found_without_a_webhook,
    customers.is_declined_and_tries_again,
    members.registers_and_pays,
    operators.asks_for_a_key,
    operators.refunds_a_payment,
    operators.guesses_a_key,
    customers.settled_once_each,
)


def check(stack: Stack, say: Say, stories: Sequence[Story], patience: float = PATIENCE) -> bool:
    """Play ``stories`` on a running ``stack`` and ``say`` what happened; whether all of it was true."""
    began = time.monotonic()
    scene = Scene(stack, SECONDS, patience)
    with scene.http:
        untrue = [story for story in stories if not _tell(scene, story, say)]
    seconds = time.monotonic() - began
    outcome = (
        f"{len(untrue)} of {len(stories)} stories were not true" if untrue else f"All {len(stories)} stories were true"
    )
    say(f"\n{outcome}, in {seconds:.1f} s.")
    return not untrue


def _tell(scene: Scene, story: Story, say: Say) -> bool:
    title = (story.__doc__ or story.__name__).partition("\n")[0]
    try:
        story(scene)
    except Untrue as failure:
        say(f"✗ {title}\n    expected  {failure.expected}\n    came      {failure.came}")
    except Exception as error:  # noqa: BLE001 -- a story that breaks off is untrue, and the others are still told
        say(f"✗ {title}\n    expected  the story to its end\n    came      {type(error).__name__}: {error}")
    else:
        say(f"✓ {title}")
        return True
    return False

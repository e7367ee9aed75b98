"""Single flipped bits in body, signature and key: none is accepted, and what nobody touched always is (FAULTS R30).

The control compares the first half of the signature only.
"""

import argparse
import random
from collections.abc import Callable

from flask_paystack.webhooks.signature import is_signed, sign
from tests.faults import Outcome

CONTROLS = ("half-signature",)
KEY = "sk_test_vector_9f8e7d6c"
BODIES = (
    '{"event":"charge.success","data":{"reference":"ord/1042","note":"Zoë"}}'.encode(),
    b'{ "event" : "refund.processed", "data" : { "amount" : 5000 } }\n',
    b"{}",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Say what can be chosen."""
    parser.add_argument("--n", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--control", choices=CONTROLS)


def run(options: argparse.Namespace) -> Outcome:
    """Break it, and see what held."""
    return flip(options.n, options.seed, options.control)


def flip(count: int, seed: int = 1, control: str | None = None) -> Outcome:
    """``count`` flips, a third in each of the three."""
    chance = random.Random(seed)
    holds: Callable[[bytes, str, list[str]], bool] = _holds_by_half if control else is_signed
    accepted = refused_whole = 0
    for number in range(count):
        body = chance.choice(BODIES)
        signature = sign(body, KEY)
        refused_whole += not holds(body, signature.hex(), [KEY])
        if number % 3 == 0:
            accepted += holds(_flipped(body, chance), signature.hex(), [KEY])
        elif number % 3 == 1:
            accepted += holds(body, _flipped(signature, chance).hex(), [KEY])
        else:
            accepted += holds(body, signature.hex(), [_flipped(KEY.encode(), chance).decode("latin-1")])
    numbers: dict[str, object] = {"flips": count, "accepted": accepted, "whole_ones_refused": refused_whole}
    return Outcome(accepted == refused_whole == 0, numbers)


def _flipped(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _holds_by_half(body: bytes, signature: str, keys: list[str]) -> bool:
    return sign(body, keys[0]).hex()[:64] == signature[:64]

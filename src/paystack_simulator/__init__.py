"""An offline Paystack: the same routes, bodies, pages and webhooks, with no account and no network.

Each behaviour cites the section of the contract it follows, as in ``CONTRACT §3.1``. The package stands alone: it talks to a
backend over HTTP only, and imports none.

- ``create_simulator()`` makes the Flask application; ``application.extensions["simulator"]`` is its state (``Simulator``).
- ``SimulatorAdapter`` runs it in process behind a ``requests.Session``.
- ``SimulatorServer`` serves it on a port of this machine.
"""

from paystack_simulator.adapter import SimulatorAdapter
from paystack_simulator.app import create_simulator
from paystack_simulator.server import SimulatorServer
from paystack_simulator.simulator import Simulator

__all__ = ["Simulator", "SimulatorAdapter", "SimulatorServer", "create_simulator"]

"""What a merchant sets for the whole integration (CONTRACT §2)."""

from flask import g, request
from flask.typing import ResponseReturnValue

from paystack_simulator import errors, parsing
from paystack_simulator.api.door import answer, bp
from paystack_simulator.errors import Refused
from paystack_simulator.simulator import simulator


@bp.get("/integration/payment_session_timeout")
def fetch_session_timeout() -> ResponseReturnValue:
    """For how many seconds a checkout page may be paid on; 0 is for ever."""
    own = g.integration.session_timeout
    seconds = simulator().settings.session_timeout if own is None else own
    return answer("Payment session timeout retrieved", {"payment_session_timeout": int(seconds)})


@bp.put("/integration/payment_session_timeout")
def update_session_timeout() -> ResponseReturnValue:
    """Set it for this integration."""
    seconds = parsing.body(request).get("timeout")
    if isinstance(seconds, str) and seconds.isascii() and seconds.isdigit() and len(seconds) < 10:
        seconds = int(seconds)
    if isinstance(seconds, bool) or not isinstance(seconds, int) or not 0 <= seconds < 10**9:
        raise Refused(errors.INVALID_TIMEOUT)
    g.integration.session_timeout = seconds
    return answer("Payment session timeout updated", {"payment_session_timeout": seconds})

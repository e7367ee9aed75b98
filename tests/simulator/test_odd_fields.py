"""No body, however odd, gets a 5xx out of any simulated write."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from paystack_simulator import Simulator
from paystack_simulator.coverage import NOT, OPERATIONS
from tests.simulator.conftest import KEY, Api
from tests.simulator.test_initialize import anything

NAMES = """
    email amount currency reference metadata authorization_code at_least card bank mobile_money ussd qr eft bank_transfer
    pin otp phone birthday address city state zip_code first_name last_name refund_account_details refund_amount resolution
    message uploaded_filename customer_email customer_name customer_phone service_details timeout ids filters
""".split()  # noqa: SIM905
WRITES = [each for each in OPERATIONS if each.extent != NOT and each.method != "GET"]
PATHS = [(each.method, each.path) for each in WRITES] + [
    ("POST", "/integration/webhooks/events/resend"),
    ("POST", "/integration/webhooks/events/resend-matching"),
]
likely = st.sampled_from(["ada@example.com", "100", 100, "NGN", "ord-1", "declined", "1234", {"phone": "0551234987"}])


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    call=st.sampled_from(PATHS),
    fields=st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, likely | anything)),
)
def test_no_fields_however_odd_break_a_write(
    api: Api, sim: Simulator, call: tuple[str, str], fields: dict[str, Any]
) -> None:
    if "ord-1" not in sim.world.integration(KEY).transactions:
        api.opened()
        sim.pay("ord-1", "refund-needs-attention")
        sim.disputes.open(sim.world.integration(KEY).transactions["ord-1"], None, "chargeback", "No value")
        api.post("/refund", json={"transaction": "ord-1", "amount": 100})
    method, path = call
    for place, number in {"/dispute": 358001, "/refund": 7700001}.items():
        path = path.replace("{id}", str(number)) if path.startswith(place) else path

    # Not by requests' own encoder, which refuses NaN before it is sent.
    body = json.dumps(fields)
    headers = {"Content-Type": "application/json"}
    answer = api.call(method, path.replace("{code}", "ada@example.com"), data=body, headers=headers)

    assert answer.status_code in {200, 400, 404, 422}, answer.text
    assert "status" in answer.json()

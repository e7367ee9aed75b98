"""The page of the switches, as a browser without scripts uses it."""

import re

import pytest
import requests

from paystack_simulator import Simulator
from tests.simulator.conftest import BASE, Api
from tests.simulator.receiver import Receiver
from tests.simulator.test_checkout import Outside

PAGE = f"{BASE}/_simulator/"


def page(api: Api, **params: str) -> str:
    answer = api.session.get(PAGE, params=params)
    assert answer.status_code == 200, answer.text
    return answer.text


def press(api: Api, path: str, **form: object) -> str:
    """Send one of the page's forms; returns the page it leads back to."""
    answer = api.session.post(f"{PAGE}page{path}", data=form)
    assert answer.status_code == 200, answer.text
    assert answer.url.startswith(PAGE)
    return answer.text


def test_the_page_shows_transactions_and_what_came_of_them(api: Api, sim: Simulator, receiver: Receiver) -> None:
    receiver.will_answer(500)
    api.opened(email="zoe+<b>@example.com")
    sim.pay("ord-1")
    sim.deliver_due()
    api.post("/refund", json={"transaction": "ord-1"})
    sim.disputes.open(sim.world.integration(api.key).transactions["ord-1"], None, "chargeback", "No value")
    sim.faults.add("verify", "500", 2)
    api.get("/transaction/verify/ord-1")

    text = page(api)

    assert "<b>" not in text
    for words in (
        "₦5,000.00",
        "zoe+&lt;b&gt;@example.com",
        "reversal-pending",
        "charge.success",
        "1 attempt, last 500",
        "x-paystack-signature:",
        "Dispute 358001",
        "2026-03-01 <strong>10:00:00</strong>",
    ):
        assert words in text, words
    assert re.search(r"verify</strong> <span[^>]*>500</span> × 1", text)
    assert api.key not in text


def test_an_empty_page_says_so(api: Api) -> None:
    text = page(api)

    assert "Nobody has called" in text
    assert "No webhook address is set either" in text


def test_the_clock_is_moved_by_its_buttons(api: Api, sim: Simulator) -> None:
    text = press(api, "/clock", seconds=3600)

    assert "<strong>11:00:00</strong>" in text


def test_a_customer_is_played_and_a_dispute_opened(api: Api, sim: Simulator) -> None:
    api.opened()

    assert "Declined" in press(api, "/transactions/ord-1/pay", card="declined")
    press(api, "/transactions/ord-1/pay", card="pin-otp")
    assert api.verified()["status"] == "success"

    assert "awaiting-merchant-feedback" in press(api, "/transactions/ord-1/dispute")


def test_faults_are_planned_and_called_off(api: Api, sim: Simulator) -> None:
    press(api, "/faults", fault="webhook duplicated", times=3)
    assert sim.faults.planned() == {"webhook": [{"mode": "duplicated", "times": 3}]}

    press(api, "/faults/none")
    assert sim.faults.planned() == {}


def test_every_fault_of_the_list_can_be_planned(api: Api, sim: Simulator) -> None:
    offered = re.findall(r'<option value="([^" ]+ [^" ]+)">', page(api))
    assert len(offered) > 200

    for line in offered[::7]:
        press(api, "/faults", fault=line, times=1)

    assert sum(len(faults) for faults in sim.faults.planned().values()) == len(offered[::7])


def test_settings_are_changed(api: Api, sim: Simulator) -> None:
    form = {"webhook_url": "http://127.0.0.1:9/x", "webhooks": "dropped", "webhook_copies": "2", "bad_signatures": "1"}
    press(api, "/settings", webhook_timetable="live", seed="7", **form)
    assert (sim.settings.webhook_url, sim.settings.webhooks, sim.settings.seed) == (
        "http://127.0.0.1:9/x",
        "dropped",
        7,
    )

    press(api, "/settings", webhook_url="", seed="")
    assert (sim.settings.webhook_url, sim.settings.seed) == (None, None)


def test_webhooks_are_delivered_and_sent_again(api: Api, sim: Simulator, receiver: Receiver) -> None:
    api.opened()
    sim.pay("ord-1")
    press(api, "/deliver")
    press(api, "/deliveries/1/again")
    press(api, "/deliver")

    assert receiver.received[0].body == receiver.received[1].body


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/clock", {"seconds": "-1"}),
        ("/clock", {"seconds": "soon"}),
        ("/clock", {"seconds": "nan"}),
        ("/faults", {"fault": "verfiy 500"}),
        ("/faults", {"fault": "verify fire", "times": "1"}),
        ("/faults", {"fault": "verify 500", "times": "0"}),
        ("/settings", {"webhook_copies": "0"}),
        ("/settings", {"seed": "seven"}),
        ("/transactions/none/pay", {}),
        ("/transactions/none/dispute", {}),
        ("/deliveries/9/again", {}),
    ],
)
def test_a_form_that_makes_no_sense_says_so_on_the_page(api: Api, path: str, form: dict[str, str]) -> None:
    assert 'role="alert"' in press(api, path, **form)


def test_the_page_refreshes_only_when_asked(api: Api) -> None:
    assert 'http-equiv="refresh"' not in page(api)
    assert '<meta http-equiv="refresh" content="5">' in page(api, refresh="5")
    assert 'http-equiv="refresh"' not in page(api, refresh="0;url=https://example.com")


def test_the_page_loads_nothing_from_elsewhere(api: Api) -> None:
    answer = api.session.get(PAGE)
    outside = Outside()
    outside.feed(answer.text)

    assert outside.forbidden == []
    assert {path.rsplit("/", 1)[1] for path in outside.loaded} == {"checkout.css", "dashboard.css", "icon.svg"}
    assert all(api.session.get(BASE + path).status_code == 200 for path in outside.loaded)
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_another_web_site_presses_no_switch(api: Api, sim: Simulator) -> None:
    def sent(origin: str) -> requests.Response:
        form = {"fault": "verify 500", "times": "1"}
        return api.session.post(f"{PAGE}page/faults", data=form, headers={"Sec-Fetch-Site": origin})

    assert sent("cross-site").status_code == 403
    assert sim.faults.planned() == {}
    assert sent("same-origin").status_code == 200

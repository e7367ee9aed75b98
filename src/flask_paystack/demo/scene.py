"""Where the stories of ``flask demo --check`` play: what a customer can do and see, each over real HTTP."""

import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

import requests

from flask_paystack.demo.stack import Stack

Json = dict[str, Any]
Found = TypeVar("Found")

ANSWER_WITHIN = 10.0
LOOK_EVERY = 0.05


class Untrue(Exception):
    """A story did not go as it should. Says what was expected and what came."""

    def __init__(self, expected: object, came: object) -> None:
        super().__init__(f"expected {expected}, came {came}")
        self.expected = expected
        self.came = came


def expect(what: str, came: object, expected: object) -> None:
    """Hold that ``came`` is ``expected``. Raises Untrue."""
    if came != expected:
        raise Untrue(f"{what}: {expected}", came)


class Scene:
    """The running demonstration, as people outside it meet it.

    Args:
        seconds: how long everything together may take; after that nothing is waited for any more.
        patience: seconds that something promised "soon" may take.
    """

    def __init__(self, stack: Stack, seconds: float, patience: float) -> None:
        self.stack = stack
        self._patience = patience
        self.http = requests.Session()
        # A proxy or a .netrc of this machine has no business between servers on loopback.
        self.http.trust_env = False
        self._end = time.monotonic() + seconds

    def call(self, method: str, url: str, **options: Any) -> requests.Response:
        """One request; redirects are shown, not followed."""
        return self.http.request(method, url, timeout=ANSWER_WITHIN, allow_redirects=False, **options)

    def ask_backend(self, method: str, path: str, **options: Any) -> requests.Response:
        """What the shop's page asks with ``fetch``, and may read only if the backend allows its origin."""
        headers = {"Origin": self.stack.shop_url, **options.pop("headers", {})}
        answer = self.call(method, self.stack.backend_url + path, headers=headers, **options)
        allowed = answer.headers.get("Access-Control-Allow-Origin")
        expect(f"the origin that {method} {path} may be read from", allowed, self.stack.shop_url)
        return answer

    def open_payment(self, email: str, product: str = "womaye-gsp", **body: Any) -> Json:
        """Step 1: the shop asks for a payment. Returns the backend's answer."""
        answer = self.ask_backend("POST", f"/pay/{product}", json={"email": email, **body})
        return self.read(answer, 201, f"POST /pay/{product}")

    def check_out(self, payment: Json, card: str = "success") -> requests.Response:
        """Steps 2 and 3: the customer opens Paystack's page and pays with a test card. Returns the page's answer to it."""
        page = self.call("GET", payment["authorization_url"])
        expect("the status of the checkout page", page.status_code, 200)
        return self.call("POST", payment["authorization_url"], data={"card": card})

    def come_back(self, payment: Json, card: str = "success") -> str:
        """Pay, and follow Paystack back to the shop. Returns the reference found in the shop's address."""
        sent = self.check_out(payment, card)
        address = sent.headers.get("Location", "no redirect")
        expect("where Paystack sends the customer", address.partition("?")[0], f"{self.stack.shop_url}/return")
        expect("the status of the return page", self.call("GET", address).status_code, 200)
        found = parse_qs(urlsplit(address).query)
        expect("both references in the return address", found.get("trxref"), found.get("reference"))
        return found["reference"][0]

    def verify(self, reference: str) -> Json:
        """Steps 4 and 5: the return page asks what became of the payment."""
        return self.read(self.ask_backend("GET", f"/pay/verify/{reference}"), 200, "GET /pay/verify")

    def wait_for_status(self, reference: str, status: str) -> Json:
        """What the return page is told, as soon as it is told this status."""

        def look() -> Json | None:
            told = self.verify(reference)
            return told if told["status"] == status else None

        return self.wait_for(f"the status {status} of {reference}", look)

    def read(self, answer: requests.Response, status: int, what: str) -> Json:
        """The JSON of an answer that must have this status."""
        if answer.status_code != status:
            raise Untrue(f"{what} answers {status}", f"{answer.status_code} {answer.text[:300]}")
        found: Json = answer.json() if answer.content else {}
        return found

    def mails_to(self, email: str, subject: str = "") -> list[Json]:
        """The mails that somebody was sent whose subject holds ``subject``, newest first."""
        answer = self.call("GET", f"{self.stack.mailbox_url}/messages.json")
        mails: list[Json] = self.read(answer, 200, "the mailbox")["messages"]
        return [mail for mail in mails if email in mail["to"] and subject in mail["subject"]]

    def wait_for_mail(self, email: str, subject: str) -> Json:
        """The newest such mail, as soon as there is one."""
        what = f"a mail “{subject}” to {email}"
        return self.wait_for(what, lambda: next(iter(self.mails_to(email, subject)), None))

    def handovers_of(self, reference: str) -> list[Json]:
        """What the shop's server was told of a payment: one entry for each hand-over, with its number of deliveries."""
        answer = self.call("GET", f"{self.stack.shop_url}/handovers.json")
        handovers: list[Json] = self.read(answer, 200, "the shop's server")["handovers"]
        return [each for each in handovers if each["data"]["reference"] == reference]

    def wait_for_handover(self, reference: str) -> Json:
        """The hand-over of a payment, as soon as the shop's server has it."""
        what = f"a hand-over of {reference}"
        return self.wait_for(what, lambda: next(iter(self.handovers_of(reference)), None))

    def must_have_settled_once(self, email: str, reference: str) -> None:
        """Hold that a payment brought one receipt and one hand-over, delivered once. Raises Untrue."""

        def receipts() -> list[Json]:
            return [mail for mail in self.mails_to(email, "receipt") if reference in (mail["text"] or "")]

        self.wait_for(f"a receipt for {reference}", receipts)
        self.wait_for_handover(reference)
        expect(f"receipts for {reference}", len(receipts()), 1)
        expect("deliveries of its hand-overs", [each["deliveries"] for each in self.handovers_of(reference)], [1])

    def simulator(self, method: str, path: str, body: Json | None = None) -> Json:
        """Look behind Paystack's counter, or play somebody there."""
        answer = self.call(method, f"{self.stack.simulator_url}/_simulator{path}", json=body)
        return self.read(answer, 200, f"the simulator's {path}")

    def deliveries_of(self, reference: str) -> list[Json]:
        """The webhooks that Paystack sent about a payment, each with its attempts."""
        found: list[Json] = self.simulator("GET", f"/state?reference={reference}")["deliveries"]
        return found

    def wait_for(self, what: str, look: Callable[[], Found | None]) -> Found:
        """What ``look`` finds, as soon as it finds something that counts as true. Raises Untrue."""
        end = min(time.monotonic() + self._patience, self._end)
        while True:
            found = look()
            if found:
                return found
            if time.monotonic() > end:
                raise Untrue(f"{what} within {self._patience:g} s", "nothing")
            time.sleep(LOOK_EVERY)

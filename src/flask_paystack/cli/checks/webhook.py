"""Where Paystack can reach us: our public address, or an ngrok tunnel to this machine."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask_paystack.cli.checks.finding import Finding, State
from flask_paystack.cli.local_http import NoAnswer, ask
from flask_paystack.settings import Settings
from flask_paystack.settings_values import LOOPBACK
from flask_paystack.web.log import one_line

NGROK = "http://127.0.0.1:4040/api/tunnels"
"""ngrok's inspection API on this machine."""
PATH = "/pay/webhook"


@dataclass(frozen=True)
class Tunnel:
    """An ngrok tunnel."""

    public_url: str
    leads_to: str


def find_tunnel(inspection: str = NGROK) -> Tunnel | None:
    """The https tunnel that ngrok's inspection API tells of; None where no ngrok runs or it has none."""
    try:
        _, told = ask(inspection)
    except NoAnswer:
        return None
    listed = told.get("tunnels") if isinstance(told, dict) else None
    found = [_tunnel(each) for each in listed] if isinstance(listed, list) else []
    return next((each for each in found if each is not None), None)


def _tunnel(told: Any) -> Tunnel | None:
    if not isinstance(told, dict):
        return None
    url, config = told.get("public_url"), told.get("config")
    if not isinstance(url, str) or not url.startswith("https://"):
        return None
    leads_to = config.get("addr") if isinstance(config, dict) else None
    return Tunnel(one_line(url.rstrip("/")), one_line(str(leads_to or "this machine")))


def webhook_base(settings: Settings | None, tunnel: Tunnel | None) -> str | None:
    """Where Paystack reaches us: PUBLIC_URL where the world can see it, else the tunnel."""
    public = settings.public_url if settings else None
    if public and urlsplit(public).hostname not in LOOPBACK:
        return public.rstrip("/").removesuffix(PATH)
    return tunnel.public_url if tunnel else None


def check_webhook(settings: Settings | None, tunnel: Tunnel | None) -> Iterator[Finding]:
    """What to paste into Paystack's dashboard, and whether we answer there."""
    if tunnel is not None:
        yield Finding("ngrok", State.OK, f"{tunnel.public_url} leads to {tunnel.leads_to}")
    base = webhook_base(settings, tunnel)
    if base is None:
        sentence = (
            "Paystack cannot reach this machine: set PUBLIC_URL, or run `ngrok http 5000`. "
            "Until then payments settle by verify and by polling."
        )
        yield Finding("webhook", State.NOTE, sentence)
        return
    if tunnel is not None and base != tunnel.public_url and "ngrok" in base:
        sentence = f"PUBLIC_URL is {base}, but the tunnel's address is {tunnel.public_url}: tunnels get new ones."
        yield Finding("webhook", State.FAILED, sentence)
        return
    mode = " (live mode)" if settings and settings.live else " (test mode)" if settings else ""
    sentence = f"Paste {base}{PATH} into Paystack's dashboard{mode}: Settings → API Keys & Webhooks → Webhook URL."
    yield Finding("webhook", State.OK, sentence)
    yield _answering(base)


def _answering(base: str) -> Finding:
    try:
        status, told = ask(f"{base}/healthz")
    except NoAnswer as error:
        return Finding("webhook", State.NOTE, f"{error} Is the server running?")
    if status == 200 and isinstance(told, dict) and told.get("status") == "alive":
        return Finding("webhook", State.OK, f"We answer at {base}")
    return Finding("webhook", State.NOTE, f"Somebody answers at {base}/healthz with {status}, but it is not us.")

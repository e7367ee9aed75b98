"""The customer of every program: opens the checkout page's form and pays with the card that pays at once."""

import sys
from urllib.parse import urlencode
from urllib.request import urlopen

BASE, KEY = sys.argv[1:3]
REFERENCE, EMAIL, AMOUNT = "sdk-1", "ada@example.com", 500000


def pay(authorization_url: str) -> None:
    """Press Pay."""
    with urlopen(authorization_url, urlencode({"card": "success"}).encode(), timeout=10) as page:
        assert "Payment successful" in page.read().decode()

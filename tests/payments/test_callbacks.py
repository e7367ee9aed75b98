"""Where a customer may be sent back to: exact origins, and no way around them."""

import pytest

from flask_paystack.payments.callbacks import allowed_callback, with_query

ORIGINS = ("https://shop.test", "http://localhost:3000", "https://other.test:8443")

GOOD = [
    "https://shop.test",
    "https://shop.test/",
    "https://shop.test/paid?order=7",
    "https://shop.test:443/paid",
    "https://SHOP.test/paid",
    "HTTPS://shop.test/paid",
    "https://shop.test/https://evil.test/",
    "https://shop.test/?next=https://evil.test",
    "https://shop.test?@evil.test",
    "https://shop.test/@evil.test",
    "https://shop.test/%5c%5cevil.test",
    "http://localhost:3000/back",
    "https://other.test:8443/back",
]

BAD = [
    # other origins
    "https://evil.test",
    "http://shop.test/",
    "https://shop.test:8443/",
    "https://shop.test:80/",
    "http://shop.test:443/",
    "http://localhost/",
    "http://localhost:3001/",
    "https://localhost:3000/",
    "http://127.0.0.1:3000/",
    "https://other.test/",
    # names that look alike
    "https://shop.test.evil.test/",
    "https://evilshop.test/",
    "https://sub.shop.test/",
    "https://shop.tes/",
    "https://shop.testing/",
    "https://shop.test./",
    "https://shop.test../",
    "https://.shop.test/",
    "https://shop..test/",
    "https://shop%2etest/",
    "https://shop.test%2eevil.test/",
    "https://shop.test%00.evil.test/",
    "https://shop.test%2f@evil.test/",
    "https://shop.test;evil.test/",
    "https://shop.test,evil.test/",
    "https://shop.test&evil.test/",
    "https://shop.test=evil.test/",
    "https://shop.test|evil.test/",
    "https://shop.test^evil.test/",
    "https://(shop.test)/",
    "https://[shop.test]/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]:3000/",
    # user information
    "https://shop.test@evil.test/",
    "https://shop.test:443@evil.test/",
    "https://evil.test@shop.test/",
    "https://user:password@shop.test/",
    "https://@shop.test/",
    "https://:@shop.test/",
    # ports
    "https://shop.test:0/",
    "https://shop.test:-443/",
    "https://shop.test:443:443/",
    "https://shop.test:99999/",
    "https://shop.test:4 43/",
    "https://shop.test:443a/",
    "https://shop.test:0x1bb/",
    "https://shop.test:1.1/",
    # slashes and backslashes
    "//shop.test/",
    "///shop.test/",
    "////evil.test/",
    "/paid",
    "paid",
    "https:/shop.test/",
    "https:shop.test/",
    "https:///shop.test/",
    "https:\\\\shop.test/",
    "https://shop.test\\@evil.test/",
    "https://evil.test\\@shop.test/",
    "https://shop.test/\\evil.test",
    "\\\\evil.test",
    "/\\evil.test",
    # other schemes
    "javascript:alert(1)",
    "javascript://shop.test/%0aalert(1)",
    "java\nscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "data://shop.test/",
    "vbscript:x",
    "file:///etc/passwd",
    "file://shop.test/",
    "ftp://shop.test/",
    "blob:https://shop.test/1",
    "about:blank",
    "ws://shop.test/",
    "://shop.test",
    "shop.test",
    "httpss://shop.test/",
    # white space and control characters
    " https://shop.test/",
    "https://shop.test/ ",
    "\thttps://shop.test/",
    "https://shop.test/\r\nLocation: https://evil.test",
    "https://sh\top.test/",
    "https://shop.test\n/",
    "https://shop.test\x00.evil.test/",
    "https://shop.test/\x00",
    "\x01https://shop.test/",
    "https://shop.test/a b",
    "https://shop.test\x7f/",
    # other scripts
    "https://shоp.test/",
    "https://shop。test/",
    "https://shop．test/",
    "https://ｓｈｏｐ.test/",
    "https://shop.test/é",
    "https://shop.test:４４３/",
    "https://ſhop.test/",
    "https://shop.test\u2028/",
    "https://xn--shp-fmd.test/",
    "http://LOCALHOST：3000/",
    "https://evil.test⁄shop.test/",
    "https://evil.test℀shop.test/",
    # fragments, emptiness, length
    "https://shop.test/#fragment",
    "https://shop.test#@evil.test",
    "",
    " ",
    "https://",
    "https://?",
    "https://shop.test/" + "a" * 2000,
]


EVIL = ("evil.test", "127.0.0.1", "[::1]", "2130706433", "0x7f.1", "169.254.169.254", "evil.test:443", "EVIL.TEST")
FORMS = (
    "https://{0}/",
    "https://{0}/https://shop.test/",
    "https://{0}?https://shop.test/",
    "https://{0}#https://shop.test/",
    "https://shop.test@{0}/",
    "https://shop.test%40{0}/",
    "https://shop.test:{0}/",
    "https://shop.test.{0}/",
    "https://shop.test\\{0}/",
    "https://shop.test%5c{0}/",
    "https://shop.test\t@{0}/",
    "//{0}/shop.test",
    "\\/\\/{0}/",
    "https:{0}",
    "https:///{0}/",
    "http://{0}:3000/",
)
BAD += [form.format(host) for form in FORMS for host in EVIL]
"""Every way to name another host, with every spelling of one."""


def test_redirect_corpus_there_are_two_hundred_ways_to_try() -> None:
    assert len(set(BAD)) >= 200


def test_redirect_corpus_control_comparing_how_an_address_begins_lets_some_of_them_through() -> None:
    assert sum(url.startswith(ORIGINS) for url in BAD) > 20


@pytest.mark.parametrize("url", GOOD)
def test_redirect_corpus_an_address_of_the_shops_own_frontend_is_accepted(url: str) -> None:
    assert allowed_callback(url, ORIGINS)


@pytest.mark.parametrize("url", BAD)
def test_redirect_corpus_no_way_leads_elsewhere(url: str) -> None:
    assert not allowed_callback(url, ORIGINS)


@pytest.mark.parametrize("url", GOOD)
def test_redirect_corpus_without_origins_no_address_is_accepted(url: str) -> None:
    assert not allowed_callback(url, ())


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://shop.test", "https://shop.test?a=1&b=x%26y"),
        ("https://shop.test/p?q=%C3%A9&q=", "https://shop.test/p?q=%C3%A9&q=&a=1&b=x%26y"),
    ],
)
def test_parameters_are_added_to_those_that_are_there(url: str, expected: str) -> None:
    assert with_query(url, a="1", b="x&y") == expected

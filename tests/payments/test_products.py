"""The catalogue, and what it charges."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from flask_paystack.errors import Invalid, SettingsError
from flask_paystack.payments.products import Product, load_products

FIXED = Product(slug="gsp", name="Womaye GSP", currency="NGN", amount=500000)
CHOSEN = Product(slug="gift", name="A gift", currency="GHS", min=1000, max=9000)


def load(directory: Path, text: str) -> Mapping[str, Product]:
    path = directory / "products.toml"
    path.write_text(text, encoding="utf-8")
    return load_products(path)


def test_a_catalogue_is_read_by_slug(tmp_path: Path) -> None:
    products = load(
        tmp_path,
        """
        [gsp]
        name = "Womaye GSP"
        currency = "NGN"
        amount = 500000

        [gift]
        name = "A gift"
        currency = "GHS"
        min = 1000
        max = 9000
        channels = ["card"]
        split_code = "SPL_1"
        subaccount = "ACCT_1"
        bearer = "subaccount"
        """,
    )

    assert products["gsp"] == FIXED
    assert products["gsp"].options == {}
    assert products["gift"].options == {
        "channels": ["card"],
        "split_code": "SPL_1",
        "subaccount": "ACCT_1",
        "bearer": "subaccount",
    }


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('name = "x"\ncurrency = "NGN"', "fixed amount, or min and max"),
        ('name = "x"\ncurrency = "NGN"\namount = 1\nmin = 1\nmax = 2', "fixed amount, or min and max"),
        ('name = "x"\ncurrency = "NGN"\nmin = 1', "both min and max"),
        ('name = "x"\ncurrency = "NGN"\nmin = 3\nmax = 2', "the smaller first"),
        ('name = "x"\ncurrency = "NGN"\namount = 0', "amount: Input should be greater than 0"),
        ('name = "x"\ncurrency = "NGN"\namount = -5', "amount"),
        ('name = "x"\ncurrency = "NGN"\namount = 5000.0', "amount: Input should be a valid integer"),
        ('name = "x"\ncurrency = "NGN"\namount = "5000"', "amount: Input should be a valid integer"),
        ('name = "x"\ncurrency = "NGN"\namount = true', "amount: Input should be a valid integer"),
        ('name = "x"\ncurrency = "NGN"\namount = 1000000000000000', "amount"),
        ('name = "x"\ncurrency = "EUR"\namount = 1', "currency"),
        ('currency = "NGN"\namount = 1', "name: Field required"),
        ('name = ""\ncurrency = "NGN"\namount = 1', "name"),
        ('name = "x"\ncurrency = "NGN"\namount = 1\nprice = 2', "price: Extra inputs"),
        ('name = "x"\ncurrency = "NGN"\namount = 1\nbearer = "me"', "bearer"),
    ],
)
def test_each_mistake_is_told_with_its_product(tmp_path: Path, table: str, words: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, f"[gsp]\n{table}\n")

    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith("PRODUCTS_FILE: [gsp]")
    assert words in caught.value.problems[0]


@pytest.mark.parametrize(
    "slug", ["webhook", "verify", "retry", "UPPER", "a_b", '"a b"', '"é"', '"../x"', "-a", "a" * 65]
)
def test_a_name_that_cannot_stand_in_an_address_is_refused(tmp_path: Path, slug: str) -> None:
    with pytest.raises(SettingsError, match="PRODUCTS_FILE"):
        load(tmp_path, f'[{slug}]\nname = "x"\ncurrency = "NGN"\namount = 1\n')


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        load(tmp_path, "a = 1\n[b]\n[c]\nname = 5\n")

    assert len({problem.split("]")[0] for problem in caught.value.problems}) == 3


@pytest.mark.parametrize(
    ("text", "words"), [("", "names no product"), ("[", "cannot be read"), ("\udc80", "cannot be read")]
)
def test_a_file_that_is_no_catalogue_gets_a_sentence(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "products.toml"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))

    with pytest.raises(SettingsError, match=words):
        load_products(path)


def test_a_missing_file_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="there is no file"):
        load_products(tmp_path / "products.toml")
    with pytest.raises(SettingsError, match="cannot be read"):
        load_products(tmp_path)


def test_a_fixed_price_is_the_price() -> None:
    assert FIXED.price(None) == 500000
    assert FIXED.price(500000) == 500000


@pytest.mark.parametrize("asked", [1, 499999, 500001, 5 * 10**20])
def test_amounts_other_than_the_fixed_price_are_refused(asked: int) -> None:
    with pytest.raises(Invalid, match="costs 500000 subunits") as caught:
        FIXED.price(asked)

    assert set(caught.value.details["fields"]) == {"amount"}


@pytest.mark.parametrize("asked", [1000, 1001, 9000])
def test_a_payer_chooses_within_the_bounds(asked: int) -> None:
    assert CHOSEN.price(asked) == asked


@pytest.mark.parametrize("asked", [None, 0, 1, 999, 9001, -1000, True])
def test_amounts_out_of_bounds_are_refused(asked: int | None) -> None:
    with pytest.raises(Invalid, match="amount: A gift"):
        CHOSEN.price(asked)

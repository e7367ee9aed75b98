"""The catalogue: what is sold, and for how much. Prices live on the server only."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from flask_paystack.errors import Invalid, SettingsError
from flask_paystack.money import LARGEST, Money, is_amount

RESERVED = {"webhook", "verify", "retry"}
"""Words that are routes of ours under ``/pay/``."""

Subunits = Annotated[int, Field(strict=True, gt=0, le=LARGEST)]


class Product(BaseModel):
    """Something one can pay for: at a fixed price, or within bounds of which the payer chooses. Amounts in subunits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slug: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
    name: Annotated[str, Field(min_length=1, max_length=100)]
    currency: Literal["NGN", "GHS", "ZAR", "KES", "USD"]
    amount: Subunits | None = None
    min: Subunits | None = None
    max: Subunits | None = None
    channels: list[str] | None = None
    split_code: str | None = None
    subaccount: str | None = None
    bearer: Literal["account", "subaccount"] | None = None

    @model_validator(mode="after")
    def _has_one_way_of_pricing(self) -> Self:
        if self.slug in RESERVED:
            raise ValueError("this name is taken by a route")
        bounds = self.min is not None and self.max is not None
        if (self.amount is None) == (self.min is None and self.max is None):
            raise ValueError("give a fixed amount, or min and max")
        if self.amount is None and (not bounds or (self.min or 0) > (self.max or 0)):
            raise ValueError("give both min and max, the smaller first")
        return self

    @property
    def options(self) -> dict[str, Any]:
        """What Paystack is told beside the amount."""
        return self.model_dump(include={"channels", "split_code", "subaccount", "bearer"}, exclude_none=True)

    def price(self, asked: int | None) -> int:
        """The amount to charge, in subunits, when the payer asks for ``asked``.

        Raises:
            Invalid: the price is fixed and differs, or the amount is out of bounds, or missing.
        """
        if self.amount is not None:
            if asked not in (None, self.amount):
                raise _refusal(
                    f"{self.name} costs {self.amount} subunits ({Money(self.amount, self.currency)}); leave the amount out."
                )
            return self.amount
        least, most = self.min or 0, self.max or 0
        if asked is None:
            raise _refusal(f"{self.name} has no fixed price: say how many subunits of {self.currency} to pay.")
        if not is_amount(asked) or not least <= asked <= most:
            raise _refusal(f"{self.name} takes from {least} to {most} subunits of {self.currency}.")
        return asked


def _refusal(sentence: str) -> Invalid:
    return Invalid(f"amount: {sentence}", {"amount": sentence})


def problems_with_products(path: Path) -> list[str]:
    """A sentence for each thing to mend in the catalogue of ``path``."""
    try:
        load_products(path)
    except SettingsError as error:
        return error.problems
    return []


def load_products(path: Path) -> Mapping[str, Product]:
    """The catalogue in a TOML file, by slug.

    Raises:
        SettingsError: with a sentence for each thing to mend.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SettingsError(
            [f"PRODUCTS_FILE: there is no file {path}: write one, as products.toml in the README."]
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError([f"PRODUCTS_FILE: {path} cannot be read: {error}."]) from None
    products, problems = {}, []
    for slug, table in tables.items():
        try:
            products[slug] = Product.model_validate(
                {**table, "slug": slug} if isinstance(table, dict) else {"slug": slug}
            )
        except ValidationError as error:
            problems += [
                f"PRODUCTS_FILE: [{slug}] {'.'.join(map(str, each['loc']))}: {each['msg']}." for each in error.errors()
            ]
    if not products and not problems:
        problems.append(f"PRODUCTS_FILE: {path} names no product.")
    if problems:
        raise SettingsError(problems)
    return products

"""A shop, its Paystack and its clock: one for each file, begun anew for each test."""

from collections.abc import Iterator

import pytest

from tests.shop import Shop


@pytest.fixture(scope="module")
def one_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with Shop(tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@pytest.fixture
def shop(one_shop: Shop) -> Shop:
    one_shop.begin_anew()
    return one_shop

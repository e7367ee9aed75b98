"""The document of a running shop."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.openapi import Document
from tests.shop import Shop


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Document]:
    directory: Path = tmp_path_factory.mktemp("shop")
    with Shop(directory) as shop:
        yield Document(shop.client.get("/openapi.json").get_json())

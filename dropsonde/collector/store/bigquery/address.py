"""Addresses of BigQuery's datasets: ``bigquery://project/dataset``. Fast to import."""

from __future__ import annotations

import re
from typing import NamedTuple

# The names that BigQuery allows, older projects' domains included. They are put into SQL, so other
# names must not pass.
_URL = re.compile(
    r"bigquery://((?:[a-z0-9.-]{1,64}:)?[a-z][a-z0-9-]{4,28}[a-z0-9])/([A-Za-z0-9_]{1,1024})"
)


class Address(NamedTuple):
    """A dataset of BigQuery."""

    project: str
    dataset: str

    def __str__(self) -> str:
        """As the administrator writes it."""
        return f"bigquery://{self.project}/{self.dataset}"

    def table(self, name: str) -> str:
        """A table's name in SQL, without the quotes."""
        return f"{self.project}.{self.dataset}.{name}"


def parse(text: str) -> Address:
    """Read an address.

    Raises:
        ValueError: the text is not such an address.
    """
    found = _URL.fullmatch(text)
    if found is None:
        raise ValueError("bigquery://PROJECT/DATASET is wanted")
    return Address(found[1], found[2])

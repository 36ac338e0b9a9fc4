"""The modules of the whole suite, as its generated catalogue has them."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson

import contracts


@cache
def known() -> Mapping[str, Mapping[str, Any]]:
    """Each module that profiles and sharing are about, by the name of its entity."""
    schemas = Path(contracts.__file__).parent / "schemas"
    catalogue = (schemas / "catalogue.json").read_bytes()
    found: Mapping[str, Mapping[str, Any]] = orjson.loads(catalogue)["modules"]
    return found

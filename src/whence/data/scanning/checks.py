"""Whether the numbers of a scan can be computed with: the check that complete rows in memory go through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from whence.data.frame import check_size
from whence.runtime.errors import InfiniteValues

if TYPE_CHECKING:
    from whence.data.scanning.facts import Fact
    from whence.data.scanning.scan import Scan


def check_finite(scan: Scan, facts: Mapping[str, Fact]) -> None:
    """Raise `InfiniteValues` for a column that holds any, and `UnreadableData` for numbers too large."""
    for name, fact in facts.items():
        if fact.low is None or fact.high is None:
            continue
        largest = max(abs(fact.low), abs(fact.high))
        if np.isinf(largest):
            cell = scan.layer.sights[name].cell
            with scan.origin.engine() as db:
                count = int(db.rows(f"SELECT count_if(isinf({cell})) FROM {scan.layer.sql}")[0][0])
            raise InfiniteValues(name, count)
        check_size(name, fact.form.storage, largest)

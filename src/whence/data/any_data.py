"""What an analysis may be given: a table in memory, or rows that stay where they are.

All have one face for what can be known of data without holding rows: names, kinds, levels, counts of rows
and of holes. What needs rows asks which of them it has.
"""

from __future__ import annotations

from typing import TypeAlias

from whence.data.pushdown.remote import Remote
from whence.data.scanning.scan import Scan
from whence.data.tables import Table

AnyData: TypeAlias = Table | Scan | Remote

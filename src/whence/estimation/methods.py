"""The names of the ways in which a number comes about.

`graph` is for effects that the graph excludes: zero by what it claims, from no data at all.
"""

from typing import Literal, TypeAlias

Method: TypeAlias = Literal["aipw", "plr", "ols", "plug-in", "graph"]
Asked: TypeAlias = Literal["auto", "aipw", "plr", "ols", "plug-in"]

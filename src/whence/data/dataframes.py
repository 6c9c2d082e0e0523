"""The boundary to dataframes: pandas, polars, Arrow tables and streams, through narwhals.

narwhals gives one face to all of them, so nothing here knows which library a frame came from, and none of
those libraries needs to be installed but the one that the frame is of. Lazy frames are collected.

Source: narwhals documentation; the Arrow PyCapsule interface.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import narwhals.stable.v1 as nw
import numpy as np

from whence.data.columns import Array, Column, UnsupportedValues, from_array, from_objects, from_texts
from whence.data.duck import identifier
from whence.data.names import usable
from whence.data.raw import Raw
from whence.runtime.errors import MissingExtra, UnreadableData

if TYPE_CHECKING:
    from whence.numerics.arrays import Booleans

Series = Any
"""A narwhals series: its generic parameters say nothing to us."""


def is_dataframe(source: object) -> bool:
    """Whether narwhals knows it, or it offers its columns as an Arrow stream."""
    try:
        known = nw.from_native(cast("Any", source), pass_through=True, allow_series=True)
    except Exception:  # noqa: BLE001  (a frame with equal names, say: `read_dataframe` tells why)
        return True
    if isinstance(known, nw.Series):
        return False
    return isinstance(known, nw.DataFrame | nw.LazyFrame) or hasattr(source, "__arrow_c_stream__")


def read_dataframe(source: object) -> Raw:
    """All columns of a dataframe, rows in order; its index is not a column.

    Raises what `usable` raises, and `MissingExtra` for an Arrow stream when no library can read it.
    """
    label = f"a {type(source).__module__.split('.')[0]} {type(source).__name__}"
    usable(_native_names(source), label)
    frame = _collected(source, label)
    names = usable(list(cast("Sequence[object]", frame.columns)), label)
    columns: dict[str, Column] = {}
    notes: list[str] = []
    for name, series in zip(names, cast("Sequence[Series]", list(frame.iter_columns())), strict=True):
        try:
            columns[name] = _column(series)
        except UnsupportedValues as unsupported:
            notes.append(f"Left out the column {identifier(name)}: it holds {unsupported}.")
    return Raw(columns, label, tuple(notes))


def read_arrow_file(path: Path, label: str) -> Raw:
    """An Arrow IPC (Feather) file, through pyarrow or polars, whichever is installed."""
    try:
        native = _arrow_file(path)
    except ImportError:
        raise MissingExtra("pyarrow", "Reading an Arrow file") from None
    except Exception as error:  # noqa: BLE001  (two libraries, each with errors of its own)
        reason = "it is a damaged or unsupported Arrow file"
        raise UnreadableData(
            label, f"{reason} ({type(error).__name__})", "Write it anew, or use Parquet."
        ) from None
    raw = read_dataframe(native)
    return Raw(raw.columns, label, raw.notes)


def _collected(source: object, label: str) -> Any:  # noqa: ANN401
    try:
        frame: Any = nw.from_native(cast("Any", source), pass_through=True)
        if isinstance(frame, nw.LazyFrame):
            return cast("Any", frame).collect()
        if isinstance(frame, nw.DataFrame):
            return cast("Any", frame)
        return nw.from_native(cast("Any", _arrow_table(source)), eager_only=True)
    except MissingExtra:
        raise
    except Exception as error:  # noqa: BLE001  (many libraries, each with errors of its own)
        reason = f"its library cannot give its columns ({type(error).__name__})"
        raise UnreadableData(label, reason, "Give it as a dict of columns, or as Parquet.") from None


def _native_names(source: object) -> list[object]:
    """The names as the frame has them: narwhals would refuse equal ones with an error of its own."""
    if hasattr(source, "collect_schema") and hasattr(source, "lazy") and not hasattr(source, "rows"):
        return list(cast("Any", source).collect_schema())  # lazy: asking for columns would warn
    for attribute in ("column_names", "columns"):
        names: Any = getattr(source, attribute, None)
        if names is not None and not callable(names):
            return list(cast("Sequence[object]", names))
    return ["unknown"]


def _arrow_table(source: object) -> object:
    for library, maker in (("pyarrow", "table"), ("polars", "DataFrame")):
        try:
            return getattr(importlib.import_module(library), maker)(source)
        except ImportError:
            continue
    raise MissingExtra("pyarrow", "Reading an Arrow stream")


def _arrow_file(path: Path) -> object:
    try:
        ipc = cast("Any", importlib.import_module("pyarrow.ipc"))
    except ImportError:
        return cast("Any", importlib.import_module("polars")).read_ipc(path, memory_map=False)
    with path.open("rb") as file:
        return ipc.open_file(file).read_all()


def _column(series: Series) -> Column:
    dtype = series.dtype
    if dtype == nw.Object:
        return from_objects(cast("list[object]", series.to_list()))
    if dtype in (nw.Categorical, nw.Enum):
        return _categories(series)
    missing = np.asarray(series.is_null().to_numpy(), dtype=np.bool_)
    if dtype == nw.String:
        return from_texts(_texts(series))
    if dtype == nw.Boolean:
        return from_array(np.array(series.fill_null(False).to_numpy(), dtype=np.bool_), missing)
    if dtype.is_integer() or dtype.is_float():
        return from_array(_numbers(series, missing), missing)
    if dtype.is_decimal():
        return from_objects(cast("list[object]", series.to_list()))
    if dtype in (nw.Datetime, nw.Date):
        return from_array(_moments(series), missing)
    if dtype in (nw.Time, nw.Unknown):
        return from_objects(cast("list[object]", series.to_list()))
    raise UnsupportedValues(f"values of type {str(dtype)[:60]}")


def _numbers(series: Series, missing: Booleans) -> Array:
    # Filled first: a hole would turn whole numbers into floats and round the large ones.
    filled = series.fill_null(0) if bool(missing.any()) and series.dtype.is_integer() else series
    return np.array(filled.to_numpy())


def _moments(series: Series) -> Array:
    if getattr(series.dtype, "time_zone", None) is not None:
        series = series.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    return np.array(series.to_numpy()).astype("datetime64[us]")


def _texts(series: Series) -> list[str | None]:
    missing = series.is_null().to_list()  # pandas gives NaN for a missing text
    return [None if hole else text for text, hole in zip(series.to_list(), missing, strict=True)]


def _categories(series: Series) -> Column:
    categories = cast("list[object]", series.cat.get_categories().to_list())
    if not all(isinstance(category, str) for category in categories):
        return from_objects(cast("list[object]", series.to_list()))  # pandas: categories may be numbers
    ordered = bool(nw.is_ordered_categorical(series))
    return from_texts(
        _texts(series.cast(nw.String)), order=cast("list[str]", categories) if ordered else None
    )

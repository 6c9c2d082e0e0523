"""Parquet files written field by field, so that they can say of themselves what no writer would.

The format's description of itself is in Thrift's compact encoding. (Apache Parquet, parquet.thrift.)
"""

import struct

I32, I64, TEXT, LIST, STRUCT = 5, 6, 8, 9, 12
INT64, BYTES = 2, 6  # Parquet's own types
PLAIN_CODEC, SNAPPY, GZIP, ZSTD = 0, 1, 2, 6


def varint(number):
    out = bytearray()
    while True:
        out.append((number & 0x7F) | (0x80 if number > 0x7F else 0))
        number >>= 7
        if not number:
            return bytes(out)


def zigzag(number):
    return varint(((number << 1) ^ (number >> 63)) & (1 << 64) - 1)


def value(kind, what):
    if kind in (I32, I64):
        return zigzag(what)
    if kind == TEXT:
        return varint(len(what)) + what
    if kind == STRUCT:
        return record(what)
    inner, items = what
    size = bytes([len(items) << 4 | inner]) if len(items) < 15 else bytes([0xF0 | inner]) + varint(len(items))
    return size + b"".join(value(inner, item) for item in items)


def record(fields):
    out, last = b"", 0
    for number, kind, what in fields:
        out += bytes([(number - last) << 4 | kind]) + value(kind, what)
        last = number
    return out + b"\0"


def page(values, *, says_unpacked=None, says_packed=None, says_values=None, body=None):
    """A data page of whole numbers, and whatever its header claims."""
    body = struct.pack(f"<{len(values)}q", *values) if body is None else body
    claims = [(1, I32, len(values) if says_values is None else says_values)]
    claims += [(2, I32, 0), (3, I32, 3), (4, I32, 3)]
    header = [(1, I32, 0), (2, I32, len(body) if says_unpacked is None else says_unpacked)]
    header += [(3, I32, len(body) if says_packed is None else says_packed), (5, STRUCT, claims)]
    return record(header) + body


def parquet(
    names=(b"x",),
    values=(1, 2, 3),
    *,
    rows=None,
    unpacked=None,
    codec=PLAIN_CODEC,
    offset=None,
    kind=INT64,
    children=None,
    data=None,
    in_group=None,
):
    """A file of columns of whole numbers; each keyword is a claim that need not be true."""
    data = page(values) if data is None else data
    rows = len(values) if rows is None else rows
    schema = [[(4, TEXT, b"schema"), (5, I32, len(names) if children is None else children)]]
    schema += [[(1, I32, kind), (3, I32, 0), (4, TEXT, name)] for name in names]
    chunks, out = [], b"PAR1"
    for name in names:
        place = len(out) if offset is None else offset
        out += data
        about = [(1, I32, kind), (2, LIST, (I32, [0])), (3, LIST, (TEXT, [name])), (4, I32, codec)]
        about += [(5, I64, len(values) if in_group is None else in_group)]
        about += [(6, I64, len(data) if unpacked is None else unpacked), (7, I64, len(data)), (9, I64, place)]
        chunks.append([(2, I64, place), (3, STRUCT, about)])
    group = [
        (1, LIST, (STRUCT, chunks)),
        (2, I64, len(data)),
        (3, I64, rows if in_group is None else in_group),
    ]
    meta = record([(1, I32, 1), (2, LIST, (STRUCT, schema)), (3, I64, rows), (4, LIST, (STRUCT, [group]))])
    return out + meta + len(meta).to_bytes(4, "little") + b"PAR1"

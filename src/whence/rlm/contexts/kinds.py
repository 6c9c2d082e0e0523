"""What a file is, by its name and its first bytes: UTF-8 text, another encoding, or no text at all."""

from __future__ import annotations

import codecs
from dataclasses import dataclass
from pathlib import PurePath

HEAD = 8_192

# UTF-32 first: its mark begins with that of UTF-16.
MARKS: tuple[tuple[bytes, str], ...] = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_NOT_PARSED = ".pdf .doc .docx .docm .xls .xlsx .xlsm .ppt .pptx .odt .ods .odp .rtf .epub .mobi .djvu"
_BINARY = """
    .png .jpg .jpeg .gif .bmp .ico .tif .tiff .webp .heic .psd .mp3 .mp4 .m4a .wav .flac .ogg .avi .mov .mkv
    .webm .zip .gz .bz2 .xz .zst .7z .rar .tar .tgz .jar .whl .exe .dll .so .dylib .a .o .obj .class .pyc .pyo
    .wasm .bin .iso .dmg .db .sqlite .sqlite3 .parquet .feather .arrow .npy .npz .pkl .pickle .h5 .hdf5 .pt
    .onnx .safetensors .ttf .otf .woff .woff2 .eot
"""
NOT_PARSED = frozenset(_NOT_PARSED.split())
BINARY = frozenset(_BINARY.split())


@dataclass(frozen=True, slots=True)
class Kind:
    """`unusable`: why it is no text; `encoding`: convert from it; `skip`: the bytes of its mark."""

    unusable: str = ""
    encoding: str = ""
    skip: int = 0
    foreign: bool = False  # not UTF-8, and no mark says what it is


def kind_of(name: str, head: bytes) -> Kind:
    """Judge by the suffix, then by the first 8 KB."""
    suffix = PurePath(name).suffix.lower()
    if suffix in NOT_PARSED:
        return Kind(unusable=f"{suffix} is not parsed: convert it to text first")
    if suffix in BINARY:
        return Kind(unusable="binary: by its suffix")
    for mark, encoding in MARKS:
        if head.startswith(mark):
            return Kind(encoding=encoding)
    if b"\0" in head:
        return Kind(unusable="binary: it holds NUL bytes")
    if head.startswith(codecs.BOM_UTF8):
        return Kind(skip=len(codecs.BOM_UTF8))
    return Kind(foreign=not is_utf8(head))


def is_utf8(head: bytes) -> bool:
    """Whether these first bytes of a text are UTF-8; its last character may be cut."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True

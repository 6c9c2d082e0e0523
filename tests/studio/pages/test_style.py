"""The style: small, self-contained, and readable in light and in dark."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

import whence.studio
from whence.studio.assets import style

CSS = Path(whence.studio.__file__).parent / "static" / "css"
MOST = 14 * 1024
GROUNDS = ("paper", "soft", "tint", "glow")
TEXTS = ("ink", "quiet", "accent", "good", "doubt", "bad")


def every_rule() -> str:
    return style()


def palettes() -> dict[str, dict[str, str]]:
    base = (CSS / "00-base.css").read_text(encoding="utf-8")
    light, dark, *_ = re.findall(r":root\{(--wh-paper[^}]*)\}", base)
    colours = re.compile(r"--wh-(\w+):(#[0-9A-Fa-f]{3,6})\b")
    return {"light": dict(colours.findall(light)), "dark": dict(colours.findall(dark))}


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * each for each in colour[1:])
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_style_is_small() -> None:
    assert len(gzip.compress(every_rule().encode(), 9)) <= MOST


def test_the_style_fetches_nothing() -> None:
    rules = every_rule()
    assert "@import" not in rules
    assert "@font-face" not in rules
    assert not re.findall(r"url\((?!['\"]?data:)", rules)


def test_every_brace_is_closed() -> None:
    for path in CSS.glob("*.css"):
        text = path.read_text(encoding="utf-8")
        assert text.count("{") == text.count("}"), path.name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_on_every_ground(scheme: str) -> None:
    colours = palettes()[scheme]
    for text in TEXTS:
        for ground in GROUNDS:
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    assert contrast(colours["on"], colours["accent"]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_marks_and_borders_of_controls_can_be_seen(scheme: str) -> None:
    colours = palettes()[scheme]
    assert contrast(colours["edge"], colours["paper"]) >= 3
    assert contrast(colours["bias"], colours["paper"]) >= 3


def test_every_variable_that_is_used_is_defined() -> None:
    rules = every_rule()
    defined = set(re.findall(r"(--wh-[\w-]+):", rules))
    assert set(re.findall(r"var\((--wh-[\w-]+)\)", rules)) <= defined


def test_there_is_a_style_for_paper_and_one_for_those_who_want_no_movement() -> None:
    rules = every_rule()
    assert "@media print" in rules
    assert "prefers-reduced-motion" in rules

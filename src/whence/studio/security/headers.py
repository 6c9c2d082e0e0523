"""The headers that every answer of the studio carries, whatever made it: what a page may do, and who may use
it.

The policy of content allows the page its own scripts, styles and connections, and nothing else: no inline
script, no `eval`, no form that leaves, no frame around it, and with Trusted Types no text that becomes markup
but through the one policy of our client.

W3C, Content Security Policy Level 3 (2024); Trusted Types (2024).

>>> "unsafe" in content_policy(official=False), "'unsafe-eval'" in content_policy(official=True)
(False, True)
"""

from __future__ import annotations

from typing import TypeAlias

Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]

_POLICY: tuple[str, ...] = (
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "font-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types whence",
    "report-uri /reports",
)
_FEATURES = (
    "accelerometer autoplay browsing-topics camera display-capture encrypted-media "
    "geolocation gyroscope hid idle-detection local-fonts magnetometer microphone midi payment "
    "picture-in-picture publickey-credentials-get screen-wake-lock serial storage-access usb "
    "xr-spatial-tracking "
)


def content_policy(official: bool = False, style: str = "") -> str:
    """The policy of content of a page; `official` for the official Datastar script, which compiles its
    expressions and so needs `unsafe-eval` and no Trusted Types; `style`, the hash of the one style element
    of a page that stands alone.
    """
    parts = list(_POLICY)
    if style:
        parts[parts.index("style-src 'self'")] = f"style-src '{style}'"
    if official:
        parts = [part for part in parts if "trusted-types" not in part]
        parts[parts.index("script-src 'self'")] = "script-src 'self' 'unsafe-eval'"
    return "; ".join(parts)


def fixed_headers(policy: str, *, strict_transport: bool) -> Headers:
    """What is on every answer, and cannot be taken away by whoever makes it."""
    headers = {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "origin-agent-cluster": "?1",
        "permissions-policy": ", ".join(f"{feature}=()" for feature in _FEATURES.split()),
        "x-frame-options": "DENY",
    }
    if strict_transport:
        headers["strict-transport-security"] = "max-age=31536000"
    return tuple((name.encode("ascii"), value.encode("ascii")) for name, value in headers.items())

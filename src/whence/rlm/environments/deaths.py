"""How a worker came to its end, in words that help whoever wrote the code that ended it.

>>> probable_cause("killed by signal 11 (SIGSEGV)")
'native code it used crashed, or it ran out of stack'
>>> probable_cause("exit 7")
'the code ended the process (os._exit)'
"""

from __future__ import annotations

import re

_CAUSES = (
    (r"\b(SIGSEGV|signal 11)\b", "native code it used crashed, or it ran out of stack"),
    (r"\b(SIGBUS|signal 7)\b", "a file that it had mapped was cut short"),
    (r"\b(SIGABRT|signal 6)\b", "native code it used gave up, or memory ran out"),
    (r"\b(SIGFPE|signal 8)\b", "native code it used divided by zero"),
    (r"\b(SIGSYS|signal 31)\b", "it made a system call that is forbidden"),
    (r"\b(SIGXFSZ|signal 25)\b", "it wrote a file larger than it may"),
    (r"\b(SIGXCPU|signal 24)\b", "it used all the processor time it may"),
    (r"\b(SIGKILL|signal 9)\b", "most probably memory ran out"),
    (r"\bsignal\b", "it sent itself a signal"),
    (r"\bexit\b", "the code ended the process (os._exit)"),
)


def probable_cause(ended: str) -> str:
    """Say what most probably was behind an end such as `exit 7` or `killed by signal 9 (SIGKILL)`."""
    for pattern, cause in _CAUSES:
        if re.search(pattern, ended):
            return cause
    return "the reason is not known"

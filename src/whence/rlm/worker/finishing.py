"""How a run ends: a value is handed in by a function or by the state of `answer`, never found in prose.

The value is made plain first, so that nothing that is no data becomes an answer; then the host is asked,
which knows the type that was asked for. What is wrong comes back as an ordinary error in the cell, and the
model can mend it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from difflib import get_close_matches
from typing import Final, Literal, NoReturn, TypeAlias, cast

from whence.rlm.worker.describing import described
from whence.rlm.worker.leaving import leaving
from whence.rlm.worker.link import Host
from whence.runtime.plain import JSON

By: TypeAlias = Literal["FINAL", "FINAL_VAR", "SUBMIT", "answer"]

_parse: Final = ast.parse  # kept: the model's code may replace what `ast` holds
NOT_YET: Final = frozenset({"", "false", "no", "0", "none"})
EMPTY: Final = "an empty answer: give the value itself, not None or blank text"


class Finished(BaseException):
    """A finish was accepted: the rest of the cell does not run."""


class InvalidFinish(ValueError):
    """What was handed in is not accepted; the message says why."""


class Listing(str):
    """Text that shows as itself when it is the last value of a cell."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str.__str__(self)


class Finishing:
    """The ways to finish, and whether one was accepted in this cell."""

    def __init__(
        self,
        host: Host,
        variables: Callable[[], Mapping[str, object]],
        say: Callable[[str], object],
        fields: Sequence[str] = (),
    ) -> None:
        self.finished = False
        self._say = say
        self._host = host
        self._variables = variables
        self._fields = tuple(fields)
        self._doubted: set[str] = set()

    def begin(self) -> None:
        """A cell begins."""
        self.finished = False

    def final(self, *values: object) -> NoReturn:
        """End the run with one value as the answer: text, a number, a list or a dict."""
        if len(values) != 1:
            raise TypeError(
                f"FINAL takes one value, the answer; it got {len(values)}. Several go in a list or dict."
            )
        (value,) = values
        if type(value) is str and value in self._variables() and value not in self._doubted:
            # FINAL("total") for FINAL(total) or FINAL_VAR("total"): refused once, taken at its word then.
            self._doubted.add(value)
            raise InvalidFinish(
                f"FINAL({value!r}) would give the text {value!r}, and there is a variable of that name: "
                f"call FINAL({value}) for its value, or FINAL({value!r}) again if the text is the answer"
            )
        self._finish(value, "FINAL")

    def final_var(self, name: object) -> NoReturn:
        """End the run with the value of the variable called `name`: FINAL_VAR("result")."""
        variables = self._variables()
        if type(name) is not str or not name.strip().isidentifier():
            if type(name) is str and _computes(name, variables):
                raise InvalidFinish(
                    f"FINAL_VAR takes the name of a variable, and {name!r} is code: "
                    f"call FINAL({name.strip()})"
                )
            self._finish(name, "FINAL_VAR")
        named = name.strip()
        if named not in variables:
            close = get_close_matches(named, list(variables), n=1)
            hint = f" Did you mean {close[0]!r}?" if close else " SHOW_VARS() lists the variables."
            raise InvalidFinish(
                f"FINAL_VAR takes the name of a variable, and there is none called {named!r}.{hint} "
                "To give a value itself, use FINAL(value)."
            )
        self._finish(variables[named], "FINAL_VAR")

    def submit(self, *values: object, **named: object) -> NoReturn:
        """End the run: SUBMIT(value), or SUBMIT(field=value, …) where the answer has fields."""
        if values and named:
            raise TypeError(f"SUBMIT takes either values or fields by name{self._wanted()}, not both")
        if not values and not named:
            raise TypeError(f"SUBMIT() needs a value{self._wanted()}")
        if len(values) > 1:
            if len(values) != len(self._fields):
                raise TypeError(f"SUBMIT got {len(values)} values{self._wanted()}; give one, or name them")
            named = dict(zip(self._fields, values, strict=True))
        elif values:
            self._finish(values[0], "SUBMIT")
        if self._fields:
            self._check_fields(named)
        elif len(named) == 1:
            (value,) = named.values()
            self._finish(value, "SUBMIT")
        self._finish(named, "SUBMIT")

    def look(self, namespace: MutableMapping[str, object], *, more: bool) -> None:
        """Finish if `answer` says it is ready; with `more` statements to come its content may follow."""
        answer = namespace.get("answer")
        if not isinstance(answer, dict):
            return
        table = cast("dict[str, object]", answer)
        ready = table.get("ready")
        if not ready or (isinstance(ready, str) and ready.strip().casefold() in NOT_YET):
            return
        content = table.get("content")
        if _empty(content) and more:
            return
        try:
            self._finish(content, "answer")
        except Finished:
            raise
        except BaseException:
            table["ready"] = False
            raise

    def listing(self) -> Listing:
        """Give the variables made so far, each with a few words on its value."""
        return Listing(described(self._variables()))

    def _finish(self, value: object, by: By) -> NoReturn:
        if self.finished:
            self._say("[note] an answer was accepted already; this one is ignored\n")
            raise Finished
        if _empty(value):
            missing = ' Set answer["content"] before answer["ready"] = True.' if by == "answer" else ""
            raise InvalidFinish(f"{by}: {EMPTY}.{missing}")
        try:
            sent = leaving(value, f"what {by} was given")
        except TypeError as error:
            raise TypeError(f"{error}. {by} takes text, numbers, lists or dicts") from None
        if _empty(sent):
            raise InvalidFinish(f"{by}: {EMPTY}.")
        reply = self._host.submit("finish", {"value": sent, "by": by}).result()
        told: dict[str, JSON] = reply if isinstance(reply, dict) else {}
        if told.get("ok") is not True:
            raise InvalidFinish(str(told.get("message") or "the answer was not accepted"))
        self.finished = True
        raise Finished

    def _check_fields(self, named: Mapping[str, object]) -> None:
        wrong = [name for name in named if name not in self._fields]
        missing = [name for name in self._fields if name not in named]
        if wrong or missing:
            said = [f"there is no field {name!r}" for name in wrong] + [
                f"{name!r} is missing" for name in missing
            ]
            raise TypeError(f"SUBMIT: {'; '.join(said)}. The fields are {self._call()}")

    def _wanted(self) -> str:
        return f" (the fields are {self._call()})" if self._fields else ""

    def _call(self) -> str:
        return f"SUBMIT({', '.join(f'{name}=…' for name in self._fields)})"


def _computes(text: str, variables: Mapping[str, object]) -> bool:
    """Whether a text is an expression over these variables, such as results[0], rather than words."""
    try:
        tree = _parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(isinstance(node, ast.Name) and node.id in variables for node in ast.walk(tree))


def _empty(value: object) -> bool:
    return value is None or (isinstance(value, str) and not str.strip(value))

"""A fingerprint differs where a result may differ, and is the same in every run where it may not."""

import collections
import datetime
import decimal
import fractions
import functools
import io
import os
import re
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path, PurePath

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import whence
from runtime.results.loading import Loader
from whence.runtime.executor import serial
from whence.runtime.results import NoFingerprint, fingerprint
from whence.runtime.results.store import Store
from whence.runtime.results.surroundings import began, check_older_than_this_process
from whence.runtime.seeds import Seed


@pytest.fixture
def load(tmp_path):
    loader = Loader(tmp_path)
    yield loader
    loader.forget()


class Colour(Enum):
    RED = 1
    GREEN = 2


@dataclass(frozen=True)
class Point:
    x: float
    y: float = 0.0
    note: str = field(default="", compare=False)


class Own:
    def __init__(self, **named):
        self.__dict__.update(named)


class Listed(list):
    pass


def some_function(x):
    return x + 1


ALL_DIFFERENT = {
    "None": None, "false": False, "nought": 0, "one": 1, "true": True, "1.0": 1.0, "0.0": 0.0, "-0.0": -0.0,
    "nan": float("nan"), "inf": float("inf"), "1j": 1j, "large": 10**40, "-large": -(10**40),
    "empty": "", "a": "a", "bytes a": b"a", "bytearray a": bytearray(b"a"), "half a letter": "\ud800",
    "()": (), "[]": [], "{}": {}, "set()": set(), "frozenset()": frozenset(), "(1,)": (1,), "[1]": [1],
    "((1,),)": ((1,),), "(1, (2, 3))": (1, (2, 3)), "((1, 2), 3)": ((1, 2), 3), "(1, 2, 3)": (1, 2, 3),
    "{1}": {1}, "{True}": {True}, "dict": {"a": 1, "b": 2}, "dict in another order": {"b": 2, "a": 1},
    "ordered": collections.OrderedDict(a=1, b=2), "counted": collections.Counter(a=1, b=2),
    "deque": collections.deque([1]), "default": collections.defaultdict(list, a=1),
    "default of another": collections.defaultdict(set, a=1), "list of one's own": Listed(),
    "range": range(3), "slice": slice(3), "fraction": fractions.Fraction(1, 2),
    "decimal": decimal.Decimal("0.50"), "decimal shorter": decimal.Decimal("0.5"),
    "day": datetime.date(2020, 1, 1), "moment": datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
    "pattern": re.compile("a"),
    "pattern, any case": re.compile("a", re.IGNORECASE), "path": Path("a"), "red": Colour.RED,
    "green": Colour.GREEN, "enumeration": Colour, "seed": Seed(1), "child": Seed(1, (0,)),
    "point": Point(1.0), "point, other": Point(1.0, 1.0), "point, noted": Point(1.0, note="n"),
    "object": Own(a=1), "object, other": Own(a=2), "object, more": Own(a=1, b=None),
    "partial": functools.partial(max, 1), "partial, named": functools.partial(max, key=abs),
    "function": some_function, "lambda": lambda x: x, "lambda + 1": lambda x: x + 1, "class": Own,
    "built in": len, "method of text": str.join, "bound": "a".join, "bound to another": "b".join,
    "array": np.arange(3), "array, float": np.arange(3.0), "array, 32 bits": np.arange(3, dtype=np.int32),
    "array, other end": np.arange(3, dtype=">i8"), "matrix": np.ones((2, 3)),
    "matrix, lying": np.ones((3, 2)),
    "matrix, by columns": np.asfortranarray(np.ones((2, 3))), "array with gaps": np.arange(6)[::2],
    "array without": np.arange(6)[::2].copy(), "array backwards": np.arange(3)[::-1],
    "days": np.arange("2020", "2023", dtype="M8[Y]"),
    "days in ns": np.arange("2020", "2023", dtype="M8[Y]").astype("M8[ns]"),
    "texts": np.array(["a", "b"]), "objects": np.array(["a", "b"], dtype=object),
    "objects, other": np.array(["a", "c"], dtype=object),
    "objects, by rows": np.ones((2, 3), dtype=object),
    "objects, by columns": np.asfortranarray(np.ones((2, 3), dtype=object)),
    "view": memoryview(np.arange(3)), "view of floats": memoryview(np.arange(3).view(float)),
    "view of bytes": memoryview(np.arange(3).tobytes()), "nothing": np.empty((0, 3)),
    "nothing, other": np.empty((3, 0)), "scalar": np.float64(1.0), "scalar, short": np.float32(1.0),
    "named": np.zeros(2, dtype=[("a", "i4")]), "named, other": np.zeros(2, dtype=[("b", "i4")]),
    "masked": np.ma.array([1, 2], mask=[0, 1]), "masked, other": np.ma.array([1, 2], mask=[1, 0]),
    "stream": np.random.default_rng(1), "stream, other": np.random.default_rng(2), "ufunc": np.add,
    "other ufunc": np.subtract, "numpy": np, "mean": np.mean,
}  # fmt: skip


def test_values_that_differ_in_anything_differ():
    taken = {name: fingerprint(value) for name, value in ALL_DIFFERENT.items()}
    by_print = collections.defaultdict(list)
    for name, found in taken.items():
        by_print[found].append(name)
    assert [names for names in by_print.values() if len(names) > 1] == []


def test_it_is_the_same_a_second_time():
    for name, value in ALL_DIFFERENT.items():
        assert fingerprint(value) == fingerprint(value), name


SAME_IN_EVERY_RUN = """
import sys, numpy as np
from whence.runtime.results import fingerprint
from whence.runtime.seeds import Seed
from whence.refutation.rerun import Subject
def task(x, names=frozenset({"a", "b", "c"})): return x in {"one", "two", "three"} or names
print(fingerprint([{"a", "b", "c", "d"}, frozenset({1, "x"}), {"k": {"p", "q"}}, Seed(3, (4,))]))
print(fingerprint(np.arange(4.0)))
print(fingerprint(task), fingerprint(Subject), fingerprint(lambda: task))
"""


def test_it_does_not_depend_on_how_a_run_hashes_texts(tmp_path):
    script = tmp_path / "prints.py"
    script.write_text(SAME_IN_EVERY_RUN)
    home = os.pathsep.join([str(Path(whence.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
    told = {
        subprocess.run(
            [sys.executable, script], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONPATH": home, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1", "2")
    }  # fmt: skip
    assert len(told) == 1


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 3)
    | st.sampled_from([0.0, -0.0, 1.0])
    | st.text("ab", max_size=2),
    lambda inner: (
        st.lists(inner, max_size=3) | st.tuples(inner) | st.dictionaries(st.text("ab", max_size=1), inner)
    ),
    max_leaves=6,
)


@settings(max_examples=150)
@given(plain, plain)
def test_it_is_equal_exactly_where_two_values_look_equal(one, other):
    assert (fingerprint(one) == fingerprint(other)) == (repr(one) == repr(other))


# ── what points at itself ───────────────────────────────────────────────────────────────────────────────────


def test_a_value_that_holds_itself_has_one():
    one, other = [1], [1]
    one.append(one)
    other.append(other)
    assert fingerprint(one) == fingerprint(other)
    unlike = [1]
    unlike.append([unlike])
    assert fingerprint(unlike) != fingerprint(one)


def test_what_is_shared_many_times_over_takes_no_longer():
    value = [1.0]
    for _ in range(100):
        value = [value, value]
    assert fingerprint(value)


def test_what_is_nested_without_end_is_refused():
    value = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(NoFingerprint, match="nested too deeply"):
        fingerprint(value)


# ── code ────────────────────────────────────────────────────────────────────────────────────────────────────

BASE = """
    import numpy as np
    from dataclasses import dataclass
    SCALE = 3
    TABLE = {"a": 1}
    def helper(x):
        return x * SCALE
    def even(n):
        return n == 0 or odd(n - 1)
    def odd(n):
        return n != 0 and even(n - 1)
    class Model:
        power = 2
        def fit(self, x):
            return helper(x) ** self.power
    def task(x):
        return helper(x) + Model().fit(x) + TABLE["a"] + even(3)
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("SCALE = 3", "SCALE = 4"),
        ('{"a": 1}', '{"a": 2}'),
        ("return x * SCALE", "return x + SCALE"),
        ("power = 2", "power = 3"),
        ("** self.power", "* self.power"),
        ("n == 0 or", "n == 1 or"),
        ("n != 0 and", "n != 1 and"),
        ("class Model:", "class Model(dict):"),
        ("class Model:", "@dataclass\n    class Model:"),
        ("def task(x):", "def task(x, y=1):"),
    ],
)
def test_an_edit_of_anything_that_a_task_reaches_is_seen(load, before, after):
    assert before in BASE
    assert fingerprint(load(BASE).task) != fingerprint(load(BASE.replace(before, after)).task)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def helper", "# a comment\n\n    def helper"),
        ("def task(x):", "def unused():\n        return 1\n    def task(x):"),
        ("import numpy as np", "import numpy as np, json, random"),
    ],
)
def test_an_edit_of_what_it_does_not_reach_is_no_matter(load, before, after):
    assert before in BASE
    assert fingerprint(load(BASE).task) == fingerprint(load(BASE.replace(before, after)).task)


def test_a_constant_that_was_changed_while_the_program_runs_is_seen(load):
    module = load(BASE)
    before = fingerprint(module.task)
    module.SCALE = 4
    assert fingerprint(module.task) != before
    module.SCALE = 3
    assert fingerprint(module.task) == before


def test_functions_that_call_each_other_have_one_each_whichever_is_asked_first(load):
    one = load(BASE)
    even, odd = fingerprint(one.even), fingerprint(one.odd)
    other = load(BASE)
    assert (fingerprint(other.odd), fingerprint(other.even)) == (odd, even)
    assert even != odd


def test_the_code_of_a_helper_in_another_module_of_the_users_is_seen(load):
    task = "import the_helpers\ndef task(x):\n    return the_helpers.scale(x)"
    found = []
    for body in ("x * 2", "x * 3"):
        load(f"def scale(x):\n    return {body}\ndef unused():\n    import threading", "the_helpers")
        found.append(fingerprint(load(task).task))
    assert found[0] != found[1]


def test_a_module_that_is_handed_on_counts_as_a_whole(load):
    task = "import the_helpers\ndef task(name):\n    return getattr(the_helpers, name)(1)"
    found = []
    for body in ("x * 2", "x * 3"):
        load(f"def scale(x):\n    return {body}", "the_helpers")
        found.append(fingerprint(load(task).task))
    assert found[0] != found[1]


def test_an_import_inside_of_a_function_is_followed(load):
    task = "def task(x):\n    from the_helpers import scale\n    return scale(x)"
    found = []
    for body in ("x * 2", "x * 3"):
        load(f"def scale(x):\n    return {body}", "the_helpers")
        found.append(fingerprint(load(task).task))
    assert found[0] != found[1]


def test_what_a_function_closes_over_and_its_defaults_are_seen():
    def made(factor, default=1):
        def task(x, y=default):
            return x * factor + y

        return task

    assert fingerprint(made(2)) == fingerprint(made(2))
    assert len({fingerprint(made(2)), fingerprint(made(3)), fingerprint(made(2, 2))}) == 3
    assert fingerprint(made(np.arange(3))) != fingerprint(made(np.arange(4)))


def test_lambdas_that_change_places_differ():
    one, other = (lambda x: x + 1), (lambda x: x + 2)
    assert fingerprint([one, other]) != fingerprint([other, one])


def test_decorated_and_remembered_functions_are_looked_through(load):
    text = """
        import functools
        def twice(f):
            @functools.wraps(f)
            def inner(x):
                return f(f(x))
            return inner
        @twice
        def decorated(x):
            return x + 1
        @functools.cache
        def remembered(x):
            return x + 1
        class Model:
            @property
            def first(self):
                return 1
            @staticmethod
            def second():
                return 2
            @classmethod
            def third(cls):
                return super().mro()
        def task(x):
            return decorated(x) + remembered(x) + Model().first
    """
    before = fingerprint(load(text).task)
    module = load(text)
    module.remembered(3)
    assert fingerprint(module.task) == before
    for was, now in [("return f(f(x))", "return f(x)"), ("def remembered(x):\n            return x + 1",
                      "def remembered(x):\n            return x + 2"), ("return 2", "return 3"),
                     ("return 1\n", "return 7\n")]:  # fmt: skip
        assert was in text
        assert fingerprint(load(text.replace(was, now)).task) != before


def test_the_methods_of_an_items_own_class_are_seen(load):
    text = """
        from dataclasses import dataclass
        @dataclass(frozen=True)
        class Item:
            x: int
            def value(self):
                return self.x
    """
    before = fingerprint(load(text).Item(1))
    assert fingerprint(load(text).Item(1)) == before
    assert fingerprint(load(text.replace("return self.x", "return -self.x")).Item(1)) != before


@pytest.mark.parametrize(
    ("body", "because"),
    [
        ("eval(x)", "eval can look up anything"),
        ("globals()[x]", "globals can look up anything"),
        ("importlib.import_module(x)", "import_module can look up anything"),
        ("import_module(x)", "import_module can look up anything"),
        ("os.environ['SCALE']", "os.environ is read by the task itself"),
        ("os.getenv('SCALE')", "os.getenv is read by the task itself"),
        ("getenv('SCALE')", "os.getenv is read by the task itself"),
        ("getattr(os, 'environ')['SCALE']", "os.environ is read by the task itself"),
        ("(lambda system: system.environ)(os)['SCALE']", "os.environ is read by the task itself"),
        ("sys.modules[x]", "sys.modules is read by the task itself"),
        ("LOCK.acquire()", "lock"),
        ("next(NUMBERS)", "used up"),
    ],
)
def test_code_that_could_use_anything_has_none_and_the_reason_is_given(load, body, because):
    module = load(
        "import importlib, os, sys, threading, itertools\nfrom importlib import import_module\n"
        "from os import getenv\n"
        f"LOCK = threading.Lock()\nNUMBERS = itertools.count()\ndef task(x):\n    return {body}"
    )
    with pytest.raises(NoFingerprint, match=re.escape(because)) as raised:
        fingerprint(module.task)
    assert "the_users_own.task" in str(raised.value)
    with pytest.raises(NoFingerprint):
        fingerprint([functools.partial(module.task, 1)])


@pytest.mark.parametrize(
    ("body", "because"),
    [
        ("import os as o; return o.environ['SCALE']", "os.environ is read by the task itself"),
        ("from os import getenv as read; return read('SCALE')", "os.getenv is read by the task itself"),
        ("import builtins; return builtins.eval(x)", "builtins.eval can look up anything"),
    ],
)
def test_what_a_function_imports_for_itself_may_not_look_up_anything_either(load, body, because):
    module = load(f"def task(x):\n    {body}")
    with pytest.raises(NoFingerprint, match=re.escape(because)):
        fingerprint(module.task)


def test_a_method_that_was_put_into_a_class_of_somebody_elses_is_seen(monkeypatch):
    before = fingerprint(collections.UserList([1]))
    monkeypatch.setattr(collections.UserList, "sort", some_function)
    changed = fingerprint(collections.UserList([1]))
    assert changed != before
    monkeypatch.setattr(collections.UserList, "sort", lambda _: None)
    assert fingerprint(collections.UserList([1])) not in (before, changed)
    monkeypatch.undo()
    assert fingerprint(collections.UserList([1])) == before


def test_what_refers_to_something_that_has_none_has_none_however_often_it_is_asked(load):
    module = load(
        "import threading\nLOCK = threading.Lock()\n"
        "def one(n):\n    return other(n)\ndef other(n):\n    return LOCK or one(n)"
    )
    from whence.runtime.results.fingerprints import Fingerprints

    taker = Fingerprints()
    for function in (module.one, module.other, module.one, [module.other]):
        with pytest.raises(NoFingerprint):
            taker.of(function)


# ── files ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "as_given",
    [
        str,
        Path,
        lambda path: PurePath(str(path)),
        lambda path: {"data": [str(path)]},
        lambda path: f"{path.parent}/*.csv",
        np.str_,
        lambda path: np.array([["", str(path)]]),
    ],
)
def test_a_path_means_what_is_in_the_file(tmp_path, as_given):
    path = tmp_path / "shop.csv"
    path.write_text("x\n1\n")
    before = fingerprint(as_given(path))
    assert fingerprint(as_given(path)) == before
    times = path.stat()
    path.write_text("x\n2\n")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))  # as long, and as old
    assert fingerprint(as_given(path)) != before
    path.unlink()
    assert fingerprint(as_given(path)) != before


def test_a_folder_means_all_files_in_it(tmp_path):
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "a").write_text("1")
    before = fingerprint(tmp_path)
    (tmp_path / "part" / "b").write_text("2")
    assert fingerprint(tmp_path) != before
    (tmp_path / "part" / "b").unlink()
    assert fingerprint(tmp_path) == before
    assert fingerprint(str(tmp_path)) != fingerprint(str(tmp_path) + "x")


def test_a_journal_in_a_folder_is_no_part_of_what_is_in_it(tmp_path):
    (tmp_path / "a").write_text("1")
    before = fingerprint(tmp_path)
    store = Store(tmp_path / "run.sqlite")
    store.put(b"key", "work", b"value")
    assert (tmp_path / "run.sqlite-wal").exists()
    assert fingerprint(tmp_path) == before
    (tmp_path / "other.sqlite-wal").write_text("of somebody else")
    assert fingerprint(tmp_path) != before


def test_a_file_that_a_task_names_in_its_own_code_is_seen(load, tmp_path):
    path = tmp_path / "shop.csv"
    path.write_text("1")
    task = load(f"def task(x):\n    return open({str(path)!r}).read()").task
    before = fingerprint(task)
    path.write_text("2")
    assert fingerprint(task) != before


@pytest.mark.parametrize("elsewhere", ["postgresql://host/db", "s3://bucket/part.parquet"])
def test_what_is_on_a_server_has_none(elsewhere):
    with pytest.raises(NoFingerprint, match="not on this machine"):
        fingerprint([elsewhere])


# ── what has none ───────────────────────────────────────────────────────────────────────────────────────────


class Changing:
    __fingerprint__ = None


class Telling:
    def __init__(self, value, cache):
        self.value, self.cache = value, cache

    def __fingerprint__(self):
        return self.value


@pytest.mark.parametrize(
    "value",
    [
        threading.Lock(),
        iter([1]),
        (x for x in [1]),
        io.StringIO("a"),
        Changing(),
        np.frompyfunc(lambda x: x, 1, 1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_cannot_be_told_is_refused(value):
    with pytest.raises(NoFingerprint):
        fingerprint({"deep": [value]})


def test_a_class_may_say_what_counts():
    assert fingerprint(Telling(1, "warm")) == fingerprint(Telling(1, "cold"))
    assert fingerprint(Telling(1, "warm")) != fingerprint(Telling(2, "warm"))


def test_an_executor_is_no_matter():
    assert fingerprint(Own(workers=serial())) == fingerprint(Own(workers=serial()))


def test_a_learner_is_known_by_its_parameters_and_by_what_it_has_learnt():
    Ridge = pytest.importorskip("sklearn.linear_model").Ridge
    learnt = Ridge().fit(np.eye(3), np.arange(3.0))
    found = [fingerprint(each) for each in (Ridge(), Ridge(alpha=2.0), learnt)]
    assert len(set(found)) == 3
    assert fingerprint(Ridge()) == found[0]


def test_a_frame_is_known_by_its_values_and_a_promise_of_one_is_not():
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")

    for frame in (pd.DataFrame, pl.DataFrame):
        one, same, other = frame({"a": [1, 2]}), frame({"a": [1, 2]}), frame({"a": [1, 3]})
        assert fingerprint(one) == fingerprint(same) != fingerprint(other)
    with pytest.raises(NoFingerprint, match="elsewhere"):
        fingerprint(pl.DataFrame({"a": [1]}).lazy())


def test_a_table_is_the_same_whether_or_not_its_schema_was_looked_at():
    from whence.data.reading import table

    one, other = table({"x": [1, 2]}), table({"x": [1, 2]})
    assert one.schema
    assert one.sha256 == other.sha256
    assert fingerprint(one) == fingerprint(other) != fingerprint(table({"x": [1, 3]}))


def test_code_that_changed_since_the_program_began_is_noticed(tmp_path):
    old, new = tmp_path / "old.py", tmp_path / "new.py"
    old.write_text("")
    new.write_text("")
    assert began() < new.stat().st_mtime
    with pytest.raises(NoFingerprint, match=r"new\.py was changed while this program runs"):
        check_older_than_this_process([new])
    check_older_than_this_process([Path(np.__file__)])


def test_using_a_class_or_sending_it_changes_nothing(load):
    import copy
    import pickle

    module = load(BASE)
    before = fingerprint(module.Model())
    model = module.Model()
    model.fit(1.0)
    pickle.dumps(model)
    copy.deepcopy(model)
    assert hash(model)
    assert repr(model)
    assert not isinstance(model, collections.abc.Iterable)
    assert fingerprint(module.Model()) == before

"""What a container allows is read from control groups of both versions, the tightest along the path."""

import pytest

from whence.runtime.machine import groups as module
from whence.runtime.machine.capacity import Capacity, capacity
from whence.runtime.machine.groups import cpu_quota, memory_limit


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """Lay out control groups: the process's own line, and files by path."""

    def lay(own, files):
        (tmp_path / "own").write_text(own)
        for name, text in files.items():
            file = tmp_path / "fs" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    monkeypatch.setattr(module, "CGROUPS", tmp_path / "fs")
    monkeypatch.setattr(module, "OWN_GROUPS", tmp_path / "own")
    return lay


def test_without_control_groups_there_is_no_limit(groups):
    assert cpu_quota() is None
    assert memory_limit() is None


def test_the_second_version_is_read_and_the_tightest_group_around_holds(groups):
    groups(
        "0::/a/b\n",
        {
            "cpu.max": "max 100000",
            "a/cpu.max": "150000 100000",
            "a/b/cpu.max": "800000 100000",
            "a/memory.max": "max",
            "a/b/memory.max": "1073741824",
        },
    )
    assert cpu_quota() == 1.5
    assert memory_limit() == 1 << 30


def test_the_first_version_is_read_and_its_way_of_saying_no_limit_is_known(groups):
    groups(
        "4:memory:/box\n1:cpu,cpuacct:/box\n",
        {
            "cpu/box/cpu.cfs_quota_us": "50000",
            "cpu/box/cpu.cfs_period_us": "100000",
            "cpu/cpu.cfs_quota_us": "-1",
            "memory/box/memory.limit_in_bytes": "9223372036854771712",
        },
    )
    assert cpu_quota() == 0.5
    assert memory_limit() is None


@pytest.mark.parametrize("text", ["", "words", "1", "0 0", "max"])
def test_what_cannot_be_read_is_no_limit(groups, text):
    groups("0::/\n", {"cpu.max": text, "memory.max": "words"})
    assert cpu_quota() is None
    assert memory_limit() is None


def test_the_machine_is_busy_when_more_wants_to_run_than_there_are_cores():
    def has(load):
        return Capacity(2, 2, None, None, None, load, "some processor")

    assert has(2.5).busy
    assert not has(1.5).busy
    assert not has(None).busy


def test_this_machine_has_a_processor_and_at_least_one_core():
    found = capacity()
    assert found.processor
    assert found.cores >= 1

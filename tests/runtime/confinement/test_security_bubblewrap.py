"""Claims: what calls itself `bwrap` is believed only as far as it shows."""

import pytest

from runtime.confinement.confined import PACKAGE, nursery
from whence.runtime.confinement import NotConfinable, Nursery, bubblewrap, landlock

LYING = '#!/bin/sh\nwhile [ "$1" != "--" ]; do shift; done; shift; exec "$@"\n'
RUDE = "#!/bin/sh\nprintf '\\033[2Jno' >&2; exit 1\n"


@pytest.fixture
def called_bwrap(tmp_path, monkeypatch):
    def make(script):
        (tmp_path / "bwrap").write_text(script)
        (tmp_path / "bwrap").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    return make


@pytest.mark.skipif(not landlock.version(), reason="there is nothing to fall back on")
@pytest.mark.parametrize(("script", "why"), [(LYING, "makes no namespaces"), (RUDE, r"\x1b[2Jno")])
def test_one_that_makes_no_namespaces_is_passed_over_and_this_is_said(called_bwrap, script, why):
    called_bwrap(script)
    with nursery("auto") as made:
        assert made.isolation == "landlock"
        assert "namespaces" not in made.layers
        assert why in made.passed_over[0]
        assert made.passed_over[0].isprintable()


def test_one_that_was_asked_for_by_name_is_refused(called_bwrap):
    called_bwrap(LYING)
    with pytest.raises(NotConfinable, match="makes no namespaces"):
        Nursery("whence.rlm.worker.serve:serve", source=PACKAGE.parent, isolation="bubblewrap")


def test_one_in_the_folder_one_is_in_is_not_taken(called_bwrap, tmp_path, monkeypatch):
    called_bwrap(LYING)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", ".")
    assert bubblewrap.found() is None

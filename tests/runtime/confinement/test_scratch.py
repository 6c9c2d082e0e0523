"""Claims: a folder in which hostile code has had its way can be measured and removed, and nothing else is."""

import os
from pathlib import Path

from whence.runtime.confinement.scratch import TOO_DEEP, bytes_in, remove


def _deep(folder, levels):
    here = os.open(folder, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("f", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)


def test_a_folder_deeper_than_paths_and_recursion_go_is_removed(tmp_path):
    folder = tmp_path / "scratch"
    folder.mkdir()
    _deep(folder, 1_500)
    assert bytes_in(folder) >= TOO_DEEP
    remove(folder)
    assert not folder.exists()


def test_a_folder_that_denies_entry_is_removed(tmp_path):
    folder = tmp_path / "scratch"
    (folder / "shut").mkdir(parents=True)
    (folder / "shut" / "file").write_text("x")
    (folder / "shut").chmod(0)
    remove(folder)
    assert not folder.exists()


def test_links_are_removed_and_not_followed(tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_bytes(b"x" * 1_000_000)
    folder = tmp_path / "scratch"
    folder.mkdir()
    (folder / "link").symlink_to(kept)
    (folder / "file").symlink_to(kept / "file")
    assert bytes_in(folder) < 100_000
    remove(folder)
    assert not folder.exists()
    assert (kept / "file").read_bytes() == b"x" * 1_000_000


def test_many_empty_files_are_not_free(tmp_path):
    for number in range(200):
        (tmp_path / str(number)).touch()
    assert bytes_in(tmp_path) >= 200 * 1_024


def test_a_folder_that_is_not_there_is_empty():
    nowhere = Path("/there/is/none")
    assert bytes_in(nowhere) == 0
    remove(nowhere)

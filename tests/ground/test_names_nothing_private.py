"""What is committed names no machine: no absolute path, no address that was not meant for readers."""

import re
from pathlib import Path

import pytest

# Addresses that a reader is meant to see: the licence, name spaces of file formats, papers, and the
# interfaces of language models that a user may ask for by name.
ALLOWED_HOSTS = {
    "api.openai.com",
    "api.anthropic.com",
    "openrouter.ai",
    "json-schema.org",
    "www.apache.org",
    "www.w3.org",
    "doi.org",
    "arxiv.org",
    "www.pcg-random.org",
    "example.org",
    "example.com",
    "localhost",
    "127.0.0.1",
}
RESERVED_ENDINGS = (".example", ".invalid", ".test")  # names that nobody can own
SKIPPED_FOLDERS = {".venv", ".cache", ".git", "node_modules", "__pycache__", "dist", "build", ".hypothesis"}
TEXT = {
    "",
    ".py",
    ".md",
    ".toml",
    ".txt",
    ".csv",
    ".json",
    ".html",
    ".css",
    ".js",
    ".j2",
    ".sh",
    ".svg",
    ".yml",
}
ADDRESS = re.compile(r"https?://([A-Za-z0-9.-]+\.[A-Za-z0-9]+)")
MACHINE_PATH = re.compile(r"(?<![\w.*~/-])/(?:home|root|work|Users|opt|mnt|srv)/[\w.-]")


def committed_texts(root: Path) -> list[Path]:
    return [
        path
        for path in sorted(root.rglob("*"))
        if path.is_file()
        and not SKIPPED_FOLDERS & set(path.relative_to(root).parts)
        and not any(part.endswith((".egg-info", "_cache")) for part in path.relative_to(root).parts)
        and path.suffix in TEXT
        and path.name not in {"report.html", ".git"}
    ]


def test_there_are_texts_to_look_at(root: Path):
    names = {path.name for path in committed_texts(root)}
    assert {"README.md", "run", "pyproject.toml", "__init__.py", "dev.txt"} <= names


def test_no_text_names_a_host_that_is_not_meant_for_readers(root: Path):
    found = {
        f"{path.relative_to(root)}: {host}"
        for path in committed_texts(root)
        for host in ADDRESS.findall(path.read_text("utf-8"))
        if host not in ALLOWED_HOSTS and not host.endswith(RESERVED_ENDINGS)
    }
    assert found == set()


def test_no_text_names_a_path_of_a_machine(root: Path):
    found = {
        f"{path.relative_to(root)}: {match[0]}"
        for path in committed_texts(root)
        for match in MACHINE_PATH.finditer(path.read_text("utf-8"))
    }
    assert found == set()


@pytest.mark.parametrize("folder", ["home/ann/x", "work/main", "root/.cfg", "Users/ann"])
def test_the_pattern_for_machine_paths_sees_them(folder: str):
    assert MACHINE_PATH.search(f"cd /{folder}")
    assert MACHINE_PATH.search(f'open("/{folder}")')

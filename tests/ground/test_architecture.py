"""The house stands: the import contracts hold, and they would notice a breach."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path


def lint_imports(cwd: Path) -> subprocess.CompletedProcess[str]:
    code = (
        "import sys; sys.path.insert(0, 'src')\n"
        "from importlinter.cli import lint_imports\n"
        "sys.exit(lint_imports())"
    )
    return subprocess.run([sys.executable, "-c", code], cwd=cwd, capture_output=True, text=True, check=False)


def test_every_import_contract_is_kept(root: Path):
    done = lint_imports(root)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_planted_breach_would_be_noticed(root: Path, tmp_path: Path):
    house = tmp_path / "src" / "whence"
    for room in ("runtime", "language"):
        (house / room).mkdir(parents=True)
        (house / room / "__init__.py").touch()
    (house / "__init__.py").touch()
    layers = tomllib.loads((root / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"][0]
    (tmp_path / ".importlinter").write_text(
        "[importlinter]\nroot_package = whence\n"
        "[importlinter:contract:layers]\nname = layers\ntype = layers\ncontainers = whence\nlayers =\n"
        + "".join(f"    {layer}\n" for layer in layers["layers"])
    )
    assert lint_imports(tmp_path).returncode == 0
    (house / "runtime" / "__init__.py").write_text("import whence.language\n")
    assert lint_imports(tmp_path).returncode == 1


def test_every_room_has_a_docstring_that_says_what_lives_there(root: Path):
    for room in (root / "src" / "whence").iterdir():
        if (room / "__init__.py").exists():
            assert (room / "__init__.py").read_text("utf-8").lstrip().startswith('"""'), room.name


def imported(module: Path) -> set[str]:
    tree = ast.parse(module.read_text("utf-8"))
    found = {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    return found | {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }


def verifier(root: Path) -> dict[str, Path]:
    """Every module of the verifier by its name."""
    room = root / "src/whence/identification"
    inner = {
        f"whence.identification.verification.{path.stem}": path
        for path in (room / "verification").glob("*.py")
    }
    return {"whence.identification.verify": room / "verify.py", **inner}


def test_the_verifier_imports_nothing_of_the_identifier(root: Path):
    own = verifier(root)
    assert len(own) >= 8
    for path in own.values():
        of_identification = {name for name in imported(path) if name.startswith("whence.identification")}
        assert of_identification <= own.keys(), path.name


def test_no_module_of_the_identifier_imports_the_verifier(root: Path):
    own = verifier(root).values()
    for path in (root / "src/whence/identification").rglob("*.py"):
        if path not in own:
            assert not {name for name in imported(path) if ".verif" in name}, path.name


def test_the_verifier_stays_small_enough_to_be_read_in_one_sitting(root: Path):
    lines = {name: len(path.read_text("utf-8").splitlines()) for name, path in verifier(root).items()}
    # Each kind of certificate has its page of at most 300 lines: nobody needs the one on models for a proof.
    assert max(lines.values()) <= 300, lines

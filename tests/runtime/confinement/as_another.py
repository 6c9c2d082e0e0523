"""Run by another user's interpreter: every attempt in the isolation named, and what got through, as JSON."""

import json
import os
import shutil
import sys
import tempfile
from pathlib import Path


def main(source, isolation):
    """Print what the tests want to know."""
    sys.path.insert(0, source)
    from whence.runtime.confinement import NotConfinable, Nursery, Policy, attempted
    from whence.runtime.confinement.escapes import ATTEMPTS

    folder = Path(tempfile.mkdtemp())
    try:
        (folder / "whence").symlink_to(Path(source, "whence"))
        shutil.copy(Path(__file__).with_name("snippets.py"), folder)
        with Nursery(
            "snippets:serve",
            source=folder,
            isolation=isolation,
            policy=Policy(readable=(folder,), memory_mb=512),
        ) as nursery:
            outcomes = attempted(nursery, ATTEMPTS)
            with nursery.take() as worker:
                worker.socket.sendall(
                    json.dumps("open('a', 'w').write('x'); value = open('a').read()").encode() + b"\n"
                )
                ran = json.loads(worker.socket.makefile("rb").readline())
        through = {name: what for name, what in outcomes.items() if not what.startswith("stopped")}
        told = {"user": os.getuid(), "tried": len(outcomes), "through": through, "ran": ran["value"]}
    except NotConfinable as error:
        told = {"refused": error.message}
    finally:
        shutil.rmtree(folder)
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])

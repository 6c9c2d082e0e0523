"""Modules as a user writes them, loaded under one name from ever new places."""

import importlib.util
import itertools
import sys
import textwrap

_places = itertools.count()


class Loader:
    """Loads text as a module; an edited module is a new text under the same name."""

    def __init__(self, folder):
        self.folder = folder
        self.names = set()

    def __call__(self, text, name="the_users_own"):
        place = self.folder / f"edit{next(_places)}"
        place.mkdir()
        file = place / f"{name}.py"
        file.write_text(textwrap.dedent(text))
        spec = importlib.util.spec_from_file_location(name, file)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        self.names.add(name)
        spec.loader.exec_module(module)
        return module

    def forget(self):
        for name in self.names:
            sys.modules.pop(name, None)

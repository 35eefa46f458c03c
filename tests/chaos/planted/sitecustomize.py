"""Plants a bug in a process of khabar: Python imports this module at its start, wherever it is on its path.

`CHAOS_PLANTED` holds JSON: module → [[old, new], …], each `old` standing once in the source of the module.
Nothing in khabar knows of this; without the variable nothing happens.
"""

import importlib.machinery
import json
import os
import sys


def changed(source, replacements, name):
    """Replace pieces of a source; each must stand there exactly once."""
    for old, new in replacements:
        if source.count(old) != 1:
            message = f"{name}: {source.count(old)} times in the source: {old!r}"
            raise RuntimeError(message)
        source = source.replace(old, new)
    return source


class _Loader(importlib.machinery.SourceFileLoader):
    def get_code(self, fullname):
        # Compiled anew: neither read from the cache of compiled modules nor left there.
        source = changed(self.get_source(fullname), _PLANTED[fullname], fullname)
        return compile(source, self.path, "exec", dont_inherit=True)


class _Finder:
    @staticmethod
    def find_spec(fullname, path=None, target=None):
        if fullname not in _PLANTED:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None:
            spec.loader = _Loader(fullname, spec.origin)
        return spec


_PLANTED = json.loads(os.environ.get("CHAOS_PLANTED", "{}"))
if _PLANTED:
    sys.meta_path.insert(0, _Finder)

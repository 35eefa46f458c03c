"""What the languages' words mean: one folder a language, one YAML file a subject, `any` for signs and codes.

The files map a meaning to the words that tell it. They are checked against a model, so that
a slip in one is told with the file's name and not as a value that is never found.
"""

from __future__ import annotations

from importlib.resources import files
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from seeds.errors import BadLexicon

# They reorder what a person sees: a file with one could say something else than it shows.
_BIDI_CONTROLS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class LexiconModel(BaseModel):
    """Base of what stands in a lexicon file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


M = TypeVar("M", bound=LexiconModel)


class _Loader(yaml.SafeLoader):
    """YAML without the surprises: a key twice is an error, and `on`, `no`, `1.5` are what they look like."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep)


def _as_written(loader: yaml.SafeLoader, node: yaml.Node) -> str:
    return str(loader.construct_scalar(node))  # type: ignore[arg-type]  # only registered for scalars


for _tag in ("bool", "int", "float", "timestamp", "null"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _as_written)


def read(source: str, name: str, model: type[M]) -> M:
    """Read the text of a lexicon file; `name` is for the message. Raises BadLexicon."""
    if not _BIDI_CONTROLS.isdisjoint(source):
        raise BadLexicon(name, "holds invisible characters that reorder the text")
    try:
        data = yaml.load(source, _Loader)  # noqa: S506  # a SafeLoader
        return model.model_validate(data)
    except yaml.YAMLError as error:
        raise BadLexicon(name, f"not YAML: {' '.join(str(error).split())}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadLexicon(name, f"{where}: {first['msg']}") from None


def load(folder: str, subject: str, model: type[M]) -> M:
    """Load `seeds/lexicon/<folder>/<subject>.yaml`. Raises BadLexicon."""
    name = f"{folder}/{subject}.yaml"
    try:
        source = (files(__package__) / name).read_text("utf-8")
    except OSError as error:
        raise BadLexicon(name, error.strerror or "cannot be read") from None
    return read(source, name, model)

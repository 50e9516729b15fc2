"""varmodel models: the library by kind, readable at 80 columns."""

import textwrap
from collections.abc import Iterator

from varmodel.spec import ModelSpec, list_models, load_model
from varmodel.spec.text_fields import INDICATOR_GROUPS

_WIDTH = 80
_INDENT = "  "
_OTHERS = "of no stated kind"


def list_library() -> Iterator[str]:
    """Describe the models of the library: a heading a kind, below it name and title of each.

    Yields
    ------
    str
        A line.
    """
    specs = [load_model(name) for name in list_models()]
    names = max((len(spec.name) for spec in specs), default=0)
    for group in (*INDICATOR_GROUPS, ""):
        held = [spec for spec in specs if spec.group == group]
        if held:
            yield group or _OTHERS
        for spec in held:
            yield from _described(spec, names)


def _described(spec: ModelSpec, names: int) -> list[str]:
    """Set the title beside the name, further lines of it below."""
    first = f"{_INDENT}{spec.name:<{names}}{_INDENT}"
    return textwrap.wrap(
        spec.title, _WIDTH, initial_indent=first, subsequent_indent=" " * len(first)
    ) or [first.rstrip()]

"""``scipy.special``, loaded when the first of its functions is used.

SciPy takes a third of the time that ``import varmodel`` may take, and printing help, reading a
model file or a saved table needs none of it. Modules that are loaded with the package write

    from varmodel.numerics import special

in place of ``from scipy import special``, and use it in the same way inside their functions; at
the top of a module, a table of functions included, it would be loaded after all. Modules that are
themselves loaded late (the samplers, the plots) have no need of it. SciPy's own loading of its
parts at their first use is of no help: ``from scipy import special`` is such a use.
"""

from typing import Any

__all__: list[str] = []  # nothing by name: what is asked for is looked up


def __getattr__(name: str) -> Any:
    """Find a function of ``scipy.special``, and keep it for the next time.

    Parameters
    ----------
    name : str
        As SciPy has it; another is an AttributeError, as it is there.
    """
    from scipy import special

    globals()[name] = found = getattr(special, name)
    return found

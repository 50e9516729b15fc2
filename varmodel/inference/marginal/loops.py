"""The decorator of the sampler's loops.

Every compiled function of this folder takes it, and what such a function calls or reads when it is
compiled stands in this folder: the compiled code is cached under a hash of these files. How loops
are compiled, and where the code is kept, is told in ``numerics/loops/compiling.py``.

    @loop()
    def total(values):
        ...

``fastmath`` names what the compiler may do with sums and products (``elementary.py`` has the sets
that are in use), ``inline="always"`` puts a function into those that call it.
"""

from pathlib import Path

from varmodel.numerics.loops.compiling import OPTIONS, compiler, folder_of

__all__ = ["OPTIONS", "SOURCES", "folder", "loop"]

#: The folder of every file that the sampler's compiled code is made of.
SOURCES = Path(__file__).parent

loop = compiler(SOURCES)


def folder() -> Path:
    """Give the folder of the sampler's compiled code.

    Another one as soon as a file of these folders, or a version of what compiles them, is another.
    """
    return folder_of(SOURCES)

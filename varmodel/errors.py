"""What varmodel says when it refuses: one tree of errors, one table of codes.

A code such as ``VALUE.SUPPRESSED`` names the mistake; its prefix fixes the class. A stage of
work collects every :class:`Problem` it finds and raises them together, so that a user mends a
table once.
"""

import difflib
import os
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from varmodel.texts import depict, visible

MESSAGE_LIMIT = 2_000
SHOWN_POSITIONS = 5
_VALUE_LIMIT = 60
_PATH_LIMIT = 300
#: Where the package lies: a warning is of the line outside that called it.
_PACKAGE = f"{Path(__file__).parent}{os.sep}"


@dataclass(frozen=True, slots=True)
class Where:
    """The place of a problem.

    Attributes
    ----------
    file : str or None
        The file as the caller named it.
    column : str or None
        The column of the table or the key of the model file.
    lines : tuple of int
        At most five physical lines of the file, 1-based, header included.
    rows : tuple of int
        At most five 0-based positions of a table in memory; empty where rows have no order.
    """

    file: str | None = None
    column: str | None = None
    lines: tuple[int, ...] = ()
    rows: tuple[int, ...] = ()

    def __str__(self) -> str:
        """Say the place in words."""
        parts = [f"in {_end(self.file)}"] if self.file else []
        if self.lines:
            parts.append(f"first at line {self.lines[0]}")
        elif self.rows:
            parts.append(f"first at row {self.rows[0]}")
        if self.column is not None:
            parts.append(f"column {_shorten(self.column)}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, where, how often, and what to do about it.

    Attributes
    ----------
    code : str
        A key of :data:`CODES`.
    message : str
        What is wrong.
    where : Where
        The place.
    count : int
        How many rows (or keys) are affected.
    fix : str
        What to do.
    value : str or None
        The first offending value, shown shortened.
    """

    code: str
    message: str
    where: Where = field(default_factory=Where)
    count: int = 1
    fix: str = ""
    value: str | None = None

    def __str__(self) -> str:
        """One sentence: code, what, how often, where, fix."""
        place = str(self.where)
        if place and self.value is not None:
            place = f"{place}: {_shorten(self.value)}"
        elif self.value is not None:
            place = f"value {_shorten(self.value)}"
        details = "; ".join(part for part in (_times(self.count), place) if part)
        fix = f" Fix: {_sentence(self.fix)}" if self.fix else ""
        head = f"{self.code}: {self.message.rstrip('.')}"
        return visible(f"{head} ({details}).{fix}" if details else f"{_sentence(head)}{fix}")


class VarmodelError(Exception):
    """The root of everything varmodel raises on purpose.

    Parameters
    ----------
    problems : sequence of Problem
        Every problem of the stage, at least one; the first gives code and message.

    Attributes
    ----------
    problems : tuple of Problem
        All problems of the same stage (file, schema, values, keys, design).
    code, where, count, fix
        Those of the first problem.
    """

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        first = self.problems[0]
        self.code: str = first.code
        self.where: Where = first.where
        self.count: int = first.count
        self.fix: str = first.fix
        super().__init__(_message(self.problems))

    def __reduce__(self) -> tuple[object, ...]:
        """Rebuild from the problems, so that an error crosses process borders whole."""
        return type(self), (self.problems,), self.__dict__


class InputError(VarmodelError, ValueError):
    """The table cannot be used as it is (INPUT, SCHEMA, VALUE, COUNT, KEY, PERIOD, BAND)."""


class SpecError(VarmodelError, ValueError):
    """The model or an argument is not valid (CONFIG, FORMULA)."""


class DesignError(VarmodelError, ValueError):
    """The data cannot identify the model (DESIGN)."""


class FitError(VarmodelError, RuntimeError):
    """Sampling failed (FIT)."""


class ConvergenceError(FitError):
    """The draws failed the gate (FIT.CONVERGENCE).

    Attributes
    ----------
    table : pandas.DataFrame or None
        The diagnosis: one row a quantity, as ``vm.diagnose(fit).table``.
    """

    table: object = None


class IncompleteFitError(FitError):
    """Fewer draws came back than were asked for (FIT.INCOMPLETE)."""


class ArtifactError(VarmodelError, ValueError):
    """A saved fit is damaged, unsafe or too new (ARTIFACT)."""


class OutputError(VarmodelError, OSError):
    """A result cannot be written (OUTPUT)."""


class DisclosureError(VarmodelError, ValueError):
    """Publishing would disclose small numbers (DISCLOSURE)."""


class VarmodelWarning(UserWarning):
    """Something a reader of the numbers must know; ``code`` names it.

    Parameters
    ----------
    problem : Problem
        What was found.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem: Problem = problem
        self.code: str = problem.code
        super().__init__(problem)  # its text is the message


_NAMES: dict[str, tuple[type[VarmodelError], str]] = {
    "INPUT": (InputError, "NOT_FOUND UNSAFE_PATH ENCODING EMPTY NOT_CSV PARSE LIMIT"),
    "SCHEMA": (InputError, "MISSING DUPLICATE NAME"),
    "VALUE": (InputError, "NUMBER SUPPRESSED MISSING NONFINITE NONINTEGER RANGE SENTINEL"),
    "COUNT": (InputError, "NEGATIVE EXCEEDS ZERO_DENOMINATOR"),
    "KEY": (InputError, "DUPLICATE IDENTIFIER NAME ALIAS AGGREGATE MISSING_MARK"),
    "PERIOD": (InputError, "FORMAT AMBIGUOUS GAP"),
    "BAND": (InputError, "FORMAT"),
    "DESIGN": (
        DesignError,
        (
            "TOO_FEW IDENTIFICATION COLLINEAR CONSTANT SATURATED SEPARATION NO_INFORMATION ROUNDED "
            "IDENTICAL UNDERDISPERSED UNIT SUPPORT PERIODS TWICE"
        ),
    ),
    "CONFIG": (SpecError, "PARSE KEY VALUE UNSAFE EXTRA"),
    "FORMULA": (SpecError, "UNSAFE LIMIT UNKNOWN"),
    "FIT": (FitError, "CONVERGENCE INCOMPLETE"),
    "ARTIFACT": (ArtifactError, "CORRUPT UNTRUSTED VERSION"),
    "OUTPUT": (OutputError, "EXISTS LOCKED DISK DENIED"),
    "DISCLOSURE": (DisclosureError, "POLICY"),
}
_FITS: dict[str, type[VarmodelError]] = {
    "FIT.CONVERGENCE": ConvergenceError,
    "FIT.INCOMPLETE": IncompleteFitError,
}

#: Every code that can occur, with the class that carries it.
CODES: dict[str, type[VarmodelError]] = {
    f"{prefix}.{name}": _FITS.get(f"{prefix}.{name}", kind)
    for prefix, (kind, names) in _NAMES.items()
    for name in names.split()
}


def refuse(problems: Iterable[Problem]) -> None:
    """Raise all problems of a stage at once; do nothing where there is none."""
    found = tuple(problems)
    if found:
        raise CODES[found[0].code](found)


def fail(code: str, message: str, *, fix: str = "", where: Where | None = None) -> NoReturn:
    """Raise one problem."""
    problem = Problem(code, message, where=where or Where(), fix=fix)
    raise CODES[code]((problem,))


def warn(problem: Problem) -> None:
    """Issue a :class:`VarmodelWarning`: of the line that called the package, however deep."""
    warnings.warn(VarmodelWarning(problem), skip_file_prefixes=(_PACKAGE,))


def nearest(name: object, allowed: Iterable[str]) -> str:
    """Say what may have been meant: ``'; did you mean 'numerator'?'`` or an empty text."""
    if not isinstance(name, str):
        return ""
    names = {option.casefold(): option for option in allowed}
    close = difflib.get_close_matches(name.casefold().strip(), names, n=1, cutoff=0.6)
    return f"; did you mean {names[close[0]]!r}?" if close else ""


def one_of(value: object, allowed: Iterable[str]) -> str:
    """Name the allowed values and the nearest: the tail of a CONFIG.VALUE message."""
    options = tuple(allowed)
    return f"allowed: {', '.join(options)}{nearest(value, options)}"


def some(names: Sequence[str]) -> str:
    """Name the first few, and say how many more there are."""
    more = f" and {len(names) - SHOWN_POSITIONS} more" if len(names) > SHOWN_POSITIONS else ""
    return f"{', '.join(names[:SHOWN_POSITIONS])}{more}"


def show(value: object) -> str:
    """Write a value for a message: short and of bounded depth, whatever it is."""
    return _shorten(value) if isinstance(value, str) else depict(value)


def _shorten(value: str) -> str:
    text = value if len(value) <= _VALUE_LIMIT else f"{value[:_VALUE_LIMIT]}..."
    return repr(text)


def _end(path: str) -> str:
    """Give the end of a path, where its name stands."""
    return path if len(path) <= _PATH_LIMIT else f"...{path[-_PATH_LIMIT:]}"


def _sentence(text: str) -> str:
    return text if text.endswith("?") else f"{text.rstrip('.')}."


def _times(count: int) -> str:
    return f"{count} times" if count > 1 else ""


def _message(problems: tuple[Problem, ...]) -> str:
    text = str(problems[0])
    for number, problem in enumerate(problems[1:], start=1):
        rest = f"\n(and {len(problems) - number} more)"
        if len(text) + len(str(problem)) + len(rest) + 1 > MESSAGE_LIMIT:
            return text[: MESSAGE_LIMIT - len(rest)] + rest
        text = f"{text}\n{problem}"
    return text[:MESSAGE_LIMIT]

"""The parts of a model that are more than one word: benchmark, peers, exclusions, nil, review."""

from dataclasses import dataclass, field
from typing import NoReturn, TypeGuard

from varmodel.errors import Problem, SpecError, Where, one_of, refuse, show
from varmodel.spec.terms import column_problems
from varmodel.texts import has_unsafe
from varmodel.values import is_number

A_TEXT = "a text without control characters or turned directions"
#: Kind of a benchmark -> what its value is; None where it takes none.
BENCHMARK_KINDS = {
    "quantile": "share",
    "superpopulation": "share",
    "conditional": "share",
    "best_m": "count",
    "external": "rate",
    "median": None,
    "mean": None,
    "national": None,
}
#: Kinds that do not depend on whom a provider is compared with.
WITHOUT_PEERS = ("external", "national", "superpopulation", "conditional")


@dataclass(frozen=True, slots=True)
class Benchmark:
    """The level that the others are compared with (methods 7).

    Parameters
    ----------
    kind : str
        How the level is found. Among the ranked providers, each counted once: ``"quantile"``,
        ``"median"``, ``"mean"``, ``"best_m"`` (the mean of the m best of the draw);
        ``"national"`` counts each by its activity. From the distribution that the providers come
        from: ``"superpopulation"``, a quantile of it; ``"conditional"``, that quantile about what
        a provider's class, region and predictors lead one to expect. ``"external"``: a rate.
    value : float, optional
        For ``"quantile"``, ``"superpopulation"`` and ``"conditional"`` the share of providers at
        the benchmark or worse: .75 is the better quartile in either direction. For ``"best_m"``
        m, a whole number. For ``"external"`` the rate itself, on the natural scale. Else none.

    Raises
    ------
    SpecError
        CONFIG.VALUE for an unknown kind or a value that does not belong.
    """

    kind: str
    value: float | None = None

    def __post_init__(self) -> None:
        refuse(self._problems())
        if self.value is not None:
            object.__setattr__(self, "value", float(self.value))

    def _problems(self) -> list[Problem]:
        if self.kind not in tuple(BENCHMARK_KINDS):  # it may be of any type
            message = f"unknown benchmark {show(self.kind)}; {one_of(self.kind, BENCHMARK_KINDS)}"
            return [bad("benchmark.kind", message)]
        where, what = "benchmark.value", BENCHMARK_KINDS[self.kind]
        if what is None:
            wrong = self.value is not None
            return [bad(where, f"benchmark {self.kind} takes no value")] if wrong else []
        if not is_number(self.value):
            return [bad(where, f"benchmark {self.kind} needs a number", value=self.value)]
        if what == "share" and not 0 < self.value < 1:
            return [bad(where, "a quantile lies between 0 and 1", value=self.value)]
        if what == "count" and (self.value < 1 or self.value != int(self.value)):
            message = "best_m needs a whole number of providers, at least 1"
            return [bad(where, message, value=self.value)]
        return []


@dataclass(frozen=True, slots=True)
class Peers:
    """Whom each provider is compared with: those most like it (methods 7).

    Parameters
    ----------
    columns : sequence of str
        Columns of numbers that describe providers, constant in each; ``log_volume``: the log of
        its activity.
    count : int
        How many peers each has; all others where these are fewer.
    benchmark : bool
        Whether the benchmark is found among them. Else it is that of all: a quarter shows a
        place among them, by the columns of its list of providers, and the table needs none.

    Raises
    ------
    SpecError
        CONFIG.VALUE where no column is named, one is named twice, count is below 2, or benchmark
        is neither true nor false.
    """

    columns: tuple[str, ...]
    count: int = 10
    benchmark: bool = True

    def __post_init__(self) -> None:
        problems = []
        if not is_texts(self.columns) or not self.columns:
            message = "columns must be a list of columns, at least one"
            problems.append(bad("peers.columns", message, value=self.columns))
        elif len(set(self.columns)) < len(self.columns):
            problems.append(bad("peers.columns", "a column is named twice", value=self.columns))
        else:
            problems += [x for name in self.columns for x in column_problems(name, "peers.columns")]
        if type(self.count) is not int or self.count < 2:
            message = "count must be a whole number of peers, at least 2"
            problems.append(bad("peers.count", message, value=self.count))
        if not _is_truth(self.benchmark):
            message = "benchmark must be true or false"
            problems.append(bad("peers.benchmark", message, value=self.benchmark))
        refuse(problems)
        object.__setattr__(self, "columns", tuple(self.columns))

    def among(self, providers: int) -> int:
        """Give how many peers each provider has.

        Parameters
        ----------
        providers : int
            How many there are.

        Returns
        -------
        int
            ``count``, or all others where these are fewer.
        """
        return min(self.count, providers - 1)


def _is_truth(value: object) -> bool:
    return isinstance(value, bool)


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Providers that are shown but neither fitted nor ranked.

    Parameters
    ----------
    column : str
        A column that is constant within a provider.
    values : sequence of str
        Texts of that column whose providers are excluded.
    reason : str
        Why; printed below every ranking.

    Raises
    ------
    SpecError
        CONFIG.VALUE where there is no column, no value or no reason.
    """

    column: str
    values: tuple[str, ...]
    reason: str

    def __post_init__(self) -> None:
        problems = column_problems(self.column, "exclusions")
        where = "exclusions" if problems else f"exclusions.{self.column}"
        if not is_texts(self.values) or not self.values:
            message = "values must be a list of texts, at least one"
            problems.append(bad(where, message, value=self.values))
        if not is_text(self.reason) or not self.reason.strip():
            problems.append(bad(where, "an exclusion needs a reason", value=self.reason))
        refuse(problems)
        object.__setattr__(self, "values", tuple(self.values))


@dataclass(frozen=True, slots=True)
class Nil:
    """When a saving is published as nil (methods 7).

    Parameters
    ----------
    smallest_relevant_mor : float
        Smallest median odds (rate) ratio that matters; above 1.
    alpha : float
        Level of the test that there is any variation at all.
    prob : float
        Posterior probability that the variation is relevant.
    smallest_relevant : float, optional
        Identity link: the smallest provider sd that matters, in the units of the value. By
        default .03 of the pooled sd of single measurements; required for published values.
    smallest_saving : float, optional
        A provider is named where its saving is above this amount of currency with probability
        .95. By default 1 % of price x activity x the national rate.

    Raises
    ------
    SpecError
        CONFIG.VALUE for a number out of its range.
    """

    smallest_relevant_mor: float = 1.05
    alpha: float = 0.05
    prob: float = 0.95
    smallest_relevant: float | None = None
    smallest_saving: float | None = None

    def __post_init__(self) -> None:
        problems = self._optional_problems()
        mor = self.smallest_relevant_mor
        if not is_number(mor) or mor <= 1:
            place = "nil.smallest_relevant_mor"
            problems.append(bad(place, "smallest_relevant_mor must be above 1", value=mor))
        for name in ("alpha", "prob"):
            value = getattr(self, name)
            if not is_number(value) or not 0 < value < 1:
                problems.append(bad(f"nil.{name}", f"{name} must lie between 0 and 1", value=value))
        refuse(problems)
        for name in (
            "smallest_relevant_mor",
            "alpha",
            "prob",
            "smallest_relevant",
            "smallest_saving",
        ):
            value = getattr(self, name)
            object.__setattr__(self, name, None if value is None else float(value))

    def _optional_problems(self) -> list[Problem]:
        found = []
        for name, least in (("smallest_relevant", "above 0"), ("smallest_saving", "at least 0")):
            value = getattr(self, name)
            if value is None:
                continue
            if not is_number(value) or value < 0 or (value == 0 and least == "above 0"):
                found.append(bad(f"nil.{name}", f"{name} must be {least}", value=value))
        return found


@dataclass(frozen=True, slots=True)
class Review:
    """Who wrote and checked a model, when, from what.

    Parameters
    ----------
    authored_by, checked_by, next_review : str, optional
        Names; the date as text.
    sources : sequence of str
        Keys of models/references.bib.

    Raises
    ------
    SpecError
        CONFIG.VALUE for what is not a text.
    """

    authored_by: str | None = None
    checked_by: str | None = None
    next_review: str | None = None
    sources: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        problems = []
        for name in ("authored_by", "checked_by", "next_review"):
            problems += optional_text_problems(f"review.{name}", getattr(self, name))
        if not is_texts(self.sources):
            problems.append(
                bad("review.sources", "sources must be a list of texts", value=self.sources)
            )
        refuse(problems)
        object.__setattr__(self, "sources", tuple(self.sources))


def is_text(value: object) -> TypeGuard[str]:
    """Whether it is a text that a terminal and a page show as it is; newlines may stand in it."""
    return isinstance(value, str) and not has_unsafe(value, allowed="\n\t")


def is_texts(value: object) -> TypeGuard[list[str] | tuple[str, ...]]:
    """Whether it is a list of texts; one text is none."""
    return isinstance(value, list | tuple) and all(map(is_text, value))


def optional_text_problems(place: str, value: object) -> list[Problem]:
    """Say what is wrong with a text that may be missing."""
    if value is None or is_text(value):
        return []
    message = f"{place.rpartition('.')[2]} must be {A_TEXT}"
    return [bad(place, message, value=value, fix="write it in quotes")]


def bad(place: str, message: str, *, value: object = None, fix: str = "") -> Problem:
    """Make a CONFIG.VALUE problem of a field or a part of it."""
    shown = value if value is None or isinstance(value, str) else show(value)
    fix = fix or f"correct {place}"
    return Problem("CONFIG.VALUE", message, Where(column=place), fix=fix, value=shown)


def deny(place: str, message: str, *, value: object = None) -> NoReturn:
    """Raise one CONFIG.VALUE problem."""
    raise SpecError((bad(place, message, value=value),))

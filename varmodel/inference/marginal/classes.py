"""Classes of providers, each with an sd of its own: an evaluator of the providers of each.

Given (chi, psi) providers know nothing of each other, so the log evidence is the sum over classes
of that of the class's providers at the class's sd. Each part has a prior of its own, which is
taken out again; that of the whole is added once.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from varmodel.families import Cells
from varmodel.inference.marginal.blocks.evaluator import BlockEvaluator
from varmodel.inference.marginal.evaluator import (
    TOLERANCE,
    Evaluator,
    Guess,
    Slope,
    Slopes,
    Starts,
)
from varmodel.inference.marginal.hyperparameters.coordinates import Hyperparameters
from varmodel.inference.marginal.hyperparameters.declared import PROVIDER_SD
from varmodel.inference.marginal.problem import Problem
from varmodel.inference.marginal.shared import CLASS_SD
from varmodel.values import Array, Index, Mask

_FIRST = f"{CLASS_SD}[0]"
#: Seeds of the parts' streams lie so far apart, below this.
_APART, _SEEDS = 0x9E3779B1, 2**31


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The providers of a class.

    Attributes
    ----------
    evaluator : Evaluator
        Of these, whose sd is provider_sd.
    name : str
        Of the sd among the hyperparameters of the whole.
    provider : ndarray of int64
        Which of the whole's they are.
    """

    evaluator: Evaluator
    name: str
    provider: Index

    def columns(self, every: Hyperparameters) -> Index:
        """Say which coordinates of the whole's chi the part has, in its order."""
        listed = self.evaluator.problem.hyperparameters.gridded
        names = [self.name if one.name == PROVIDER_SD else one.name for one in listed]
        return np.concatenate([np.r_[every.columns(name)] for name in names])


@dataclass(frozen=True, slots=True, eq=False)
class ClassEvaluator:
    """A problem with classes: an :class:`Evaluator`.

    Attributes
    ----------
    problem : Problem
    parts : tuple of Part
        One a class.
    together : Evaluator
        Of all providers as one class, whose mass is looked for first.
    """

    problem: Problem
    parts: tuple[Part, ...]
    together: Evaluator

    @property
    def effect_shape(self) -> tuple[int, ...]:
        """The effects of the parts, one part after the other."""
        return (sum(part.evaluator.effect_shape[0] for part in self.parts),)

    @property
    def effect_dims(self) -> Mapping[str, tuple[str, ...]]:
        """What ``draw`` gives."""
        return self.together.effect_dims

    @property
    def nodes(self) -> int:
        """Largest number of nodes or points of a part."""
        return max(part.evaluator.nodes for part in self.parts)

    @property
    def block_k(self) -> float:
        """Largest k-hat of a part."""
        return max(part.evaluator.block_k for part in self.parts)

    @property
    def block_points(self) -> int:
        """Number of weights that each of these k-hats is of."""
        return self.together.block_points

    @property
    def side_by_side(self) -> bool:
        """Whether several points cost little more than one."""
        return self.together.side_by_side

    def guess(self) -> Guess | None:
        """Begin where all classes have one sd."""
        found = self.together.guess()
        if found is None or not isinstance(self.together, BlockEvaluator):
            return found
        every, its = self.problem.hyperparameters, self.together.problem.hyperparameters
        names = (_shared_name(one.name) for one in every.gridded)
        chi = np.concatenate([found.chi[its.columns(name)] for name in names])
        owner = np.concatenate([part.provider for part in self.parts])
        place = np.argsort(owner)[self.together.units.provider]
        return replace(found, chi=chi, effect=found.effect[np.argsort(place, kind="stable")])

    def of_normal_effects(self) -> "ClassEvaluator":
        """Take the same problem with normal effects."""
        pairs = ((part, part.evaluator.of_normal_effects()) for part in self.parts)
        parts = tuple(replace(part, evaluator=simpler) for part, simpler in pairs)
        together = self.together.of_normal_effects()
        return ClassEvaluator(self.problem.of_normal_effects(), parts, together)

    def log_posterior(self, chi: Array, psi: Array, *, starts: Starts) -> Array:
        """Give the heights, shape (point,)."""
        height = self.problem.log_prior(chi, psi)
        for part, own, its in self._at(chi, starts):
            height += part.evaluator.log_posterior(own, psi, starts=its)
            height -= part.evaluator.problem.log_prior(own, psi)
        return height

    def slopes(self, chi: Array, psi: Array, *, effect: Array) -> list[Slope]:
        """Give height, gradient and expected effects at points."""
        nowhere, count = Starts(effect, np.empty(0, np.int64)), range(len(chi))
        height = self.problem.log_prior(chi, psi)
        gradient = np.array([_prior_slope(self.problem, chi[k], psi[k]) for k in count])
        found: list[list[Slope]] = [[] for _ in count]
        for part, own, its in self._at(chi, nowhere):
            problem = part.evaluator.problem
            height = height - problem.log_prior(own, psi)
            for k, one in enumerate(part.evaluator.slopes(own, psi, effect=its.effect)):
                height[k] += one.height
                gradient[k] += one.gradient - _prior_slope(problem, own[k], psi[k])
                found[k].append(one)
        return [_joined(float(height[k]), gradient[k], found[k]) for k in count]

    def informations(
        self, chi: Array, psi: Array, *, here: Slopes, along: Slopes, apart: Array
    ) -> list[Array]:
        """Give the information about the linear terms: the sum of the parts'."""
        total, first = np.zeros((len(chi), *[self.problem.terms] * 2)), 0
        nowhere = Starts(np.stack([one.effect for one in here]), np.empty(0, np.int64))
        for part, own, its in self._at(chi, nowhere):
            last = first + len(part.evaluator.problem.provider)
            pair = (
                [
                    Slope(one.height, one.gradient, effect, one.score[first:last])
                    for one, effect in zip(each, its.effect, strict=True)
                ]
                for each in (here, along)
            )
            ends = dict(zip(("here", "along"), pair, strict=True))
            total += part.evaluator.informations(own, psi, **ends, apart=apart)
            first = last
        return list(total)

    def draw(self, chi: Array, psi: Array, *, starts: Starts, seeds: Index) -> dict[str, Array]:
        """Draw all effects at each point, (point, provider, ...) by name."""
        found: dict[str, Array] = {}
        for k, (part, own, its) in enumerate(self._at(chi, starts)):
            stream = (seeds + k * _APART) % _SEEDS
            drawn = part.evaluator.draw(own, psi, starts=its, seeds=stream)
            for name, x in drawn.items():
                shape = (len(x), self.problem.providers, *x.shape[2:])
                found.setdefault(name, np.empty(shape))[:, part.provider] = x
        return found

    def refined(
        self, chi: Array, psi: Array, *, starts: Starts, tolerance: float = TOLERANCE
    ) -> tuple["ClassEvaluator", float]:
        """Take nodes enough in each part."""
        parts, total = [], 0.0
        for part, own, its in self._at(chi, starts):
            share = tolerance / len(self.parts)
            finer, change = part.evaluator.refined(own, psi, starts=its, tolerance=share)
            parts.append(replace(part, evaluator=finer))
            total += change
        return replace(self, parts=tuple(parts)), total

    def _at(self, chi: Array, starts: Starts) -> Iterator[tuple[Part, Array, Starts]]:
        """Give each part, its coordinates and the effects that it starts from."""
        every, first = self.problem.hyperparameters, 0
        for part in self.parts:
            last = first + part.evaluator.effect_shape[0]
            effect = np.ascontiguousarray(starts.effect[..., first:last])
            own = np.ascontiguousarray(chi[..., part.columns(every)])
            yield part, own, Starts(effect, starts.nearest)
            first = last


def class_evaluator(problem: Problem, make: Callable[[Problem], Evaluator]) -> ClassEvaluator:
    """Part a problem by class; ``make`` gives the evaluator of a problem without classes."""
    if problem.classes is None:
        raise TypeError("a problem without classes has no parts")
    parts = []
    for k in range(int(problem.classes.max()) + 1):
        name, own = f"{CLASS_SD}[{k}]", problem.classes == k
        parts.append(Part(make(_of_class(problem, own, name)), name, np.flatnonzero(own)))
    every = np.ones(problem.providers, dtype=bool)
    return ClassEvaluator(problem, tuple(parts), make(_of_class(problem, every, _FIRST)))


def some_of(problem: Problem, own: Mask) -> Problem:
    """Take some providers of a problem, shape (provider,), with their cells and patterns."""
    held = own[problem.provider]
    provider = (np.cumsum(own) - 1)[problem.provider[held]]
    patterns, pattern = np.unique(problem.pattern[held], return_inverse=True)
    cells, transient = problem.cells, problem.transient
    columns = (cells.response, cells.size, cells.spread, cells.error)
    if transient is not None:
        transient = replace(transient, period=transient.period[held])
    return replace(
        problem,
        cells=Cells(*(None if x is None else x[held] for x in columns)),  # type: ignore[arg-type]
        provider=provider,
        pattern=pattern.ravel(),
        starts=np.searchsorted(provider, np.arange(int(own.sum()) + 1)),
        design=np.ascontiguousarray(problem.design[patterns]),
        transient=transient,
    )


def _of_class(problem: Problem, own: Mask, name: str) -> Problem:
    """Take some providers of a problem, whose sd is one of those of its classes."""
    some, hyperparameters = some_of(problem, own), problem.hyperparameters
    return replace(some, hyperparameters=_with_one_sd(hyperparameters, name), classes=None)


def _with_one_sd(every: Hyperparameters, name: str) -> Hyperparameters:
    """Put the sd of one class in the place of the first's, as provider_sd; leave out the others."""
    own = replace(every[name], name=PROVIDER_SD, apart=False)
    kept = [x for x in every.listed if x.name == _FIRST or _shared_name(x.name) == x.name]
    return replace(every, listed=tuple(own if x.name == _FIRST else x for x in kept))


def _shared_name(name: str) -> str:
    """Name the hyperparameter that all classes together have in place of one."""
    return PROVIDER_SD if name.startswith(CLASS_SD) else name


def _joined(height: float, gradient: Array, parts: Slopes) -> Slope:
    """Put the effects and scores of the parts beside each other."""
    effect, score = (
        np.concatenate([getattr(one, name) for one in parts]) for name in ("effect", "score")
    )
    return Slope(height, gradient, effect, score)


def _prior_slope(problem: Problem, chi: Array, psi: Array) -> Array:
    """Differentiate the log prior by psi at one point."""
    terms, every = problem.terms, problem.hyperparameters
    linear = -problem.precision_at(chi) * (psi[:terms] - problem.prior_mean)
    others = [one.prior_slope(psi[every.columns(one.name)]) for one in every.sampled]
    return np.concatenate([linear, *others])

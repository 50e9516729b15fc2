"""Providers that merged or changed their code: old rows are read as those of the new one."""

import numpy as np

from varmodel.errors import Problem, Where, nearest, warn
from varmodel.frame.coded import Coded, code_keys, texts
from varmodel.spec import ModelSpec
from varmodel.values import Mask


def successor(spec: ModelSpec, label: str) -> str:
    """Give the code that a provider has now, however often it changed."""
    while label in spec.successors:
        label = spec.successors[label]
    return label


def recode(spec: ModelSpec, provider: Coded) -> Coded:
    """Give every row the code that its provider has now."""
    if not spec.successors:
        return provider
    now = [successor(spec, str(label)) for label in provider.levels]
    return code_keys(texts(now), provider.codes)


def has_own_code(given: Coded, *, provider: Coded) -> Mask:
    """Mark the rows that were given under the code which their provider has now."""
    now = {label: code for code, label in enumerate(provider.levels.tolist())}
    own = np.array([now.get(label, -1) for label in given.levels.tolist()], dtype=np.int64)
    return np.asarray(own[given.codes] == provider.codes)


def renamed(spec: ModelSpec, given: Coded) -> dict[str, str]:
    """Say what became of whom, of the providers that the table holds."""
    labels = [str(label) for label in given.levels]
    return {label: successor(spec, label) for label in labels if label in spec.successors}


def own_names(provider: Coded, *, given: Coded, names: Coded) -> Coded:
    """Give the rows of an old code the name that the new code has, where it has rows."""
    is_own = has_own_code(given, provider=provider)
    first = np.full(len(provider.levels), len(names.levels), dtype=np.int64)
    np.minimum.at(first, provider.codes[is_own], names.codes[is_own])
    theirs = first[provider.codes]
    replaced = ~is_own & (theirs < len(names.levels))
    return Coded(names.levels, np.where(replaced, theirs, names.codes))


def warn_of_misspelt(spec: ModelSpec, given: Coded) -> None:
    """Warn of an old code that no row has where another looks like it."""
    labels = [str(label) for label in given.levels]
    for old in sorted(set(spec.successors) - set(labels)):
        others = [label for label in labels if label not in spec.successors.values()]
        if guess := nearest(old, others):
            message = f"no row has {old!r}, so it has no successor{guess}"
            where, fix = Where(column=spec.provider), "write the code as the table does"
            warn(Problem("CONFIG.VALUE", message, where, fix=fix, value=old))

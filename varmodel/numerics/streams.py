"""Streams of random numbers by purpose: nothing that is drawn for two ends shares a bit.

One seed is given by the user for a whole analysis, and often for a whole batch of tables. Were
each step to start its generator from the seed alone, the truth of a simulation and the proposals
of the fit that is to recover it would be made of the same bits, and the Monte Carlo errors of a
hundred tables would share their sign.
"""

import hashlib

import numpy as np

#: What random numbers are drawn for, and by whom.
PURPOSES = (
    "simulate layout",  # frame: sizes and case mix of a simulated table
    "simulate truth",  # frame: parameters and effects of a simulated table
    "simulate responses",  # frame: its counts and measurements
    "nation providers",  # frame: who the providers of a made-up nation are
    "nation case mix",  # frame: whom each of them treats
    "nation effects",  # frame: how they differ, in all indicators at once
    "nation table",  # frame: sizes, slopes and responses of one of its indicators
    "pilot",  # inference: proposals that choose the width, and are thrown away
    "proposals",  # inference: points of the hyperparameters, weighed
    "resampling",  # inference: which of the points are kept
    "effects",  # inference: effects of the kept points
    "transient share",  # inference: which share of an effect passes, where it is declared
    "nuts",  # inference: chains of the No-U-Turn sampler
    "prices",  # estimands: one price a draw
    "displacement",  # estimands: weights of providers, for what one saving costs elsewhere
    "releasable share",  # estimands: how much of a saving is cash, one a draw
    "coming period",  # estimands: departures of the providers in the period after the last
    "predicted effects",  # estimands: effects of providers that are not in the fit
    "predicted departures",  # estimands: what passes at providers that are not in the fit
    "predicted responses",  # estimands: responses of new rows
    "tables of the same providers",  # estimands: replicated tables
    "tables of new providers",  # estimands: the same with their effects drawn anew
    "prior predictive",  # studies: tables of the prior
    "clustering",  # studies: tables whose cells differ by chance alone
    "forecast",  # studies: responses of a period that is left out
    "folds",  # studies: which providers are held out together
    "certificate",  # studies: tables beside the one that was fitted
    "uniform ranks",  # studies: what ranks are compared with
    "universes",  # studies: which combinations of choices are run
    "shares",  # studies: totals within their Monte Carlo errors
    "nil tables",  # studies: tables without variation between providers
    "shape tables",  # studies: providers and responses that the shape check compares with
    "shape ties",  # studies: how the ties of the shape check are broken
    "shape reference",  # studies: samples of its distance
)


def streams(random_seed: int, purpose: str, *, source_hash: str = "") -> np.random.SeedSequence:
    """Give the random streams of one purpose.

    Parameters
    ----------
    random_seed : int
        The user's seed, at least 0.
    purpose : str
        One of :data:`PURPOSES`.
    source_hash : str
        Digest of the table: other tables, other streams; variants of a model on one table share
        theirs, so that what differs between them is not chance.

    Returns
    -------
    numpy.random.SeedSequence
        Spawn children for chains or blocks; ``np.random.default_rng`` takes it for a single
        stream. Different arguments give independent streams.

    Raises
    ------
    KeyError
        For a purpose that is not in the table.
    """
    if purpose not in PURPOSES:
        raise KeyError(purpose)
    digest = hashlib.sha256(f"{purpose}\n{source_hash}".encode()).digest()
    words = np.frombuffer(digest, dtype="<u4").tolist()
    return np.random.SeedSequence(random_seed, spawn_key=words)


def generator(random_seed: int, purpose: str, *, source_hash: str = "") -> np.random.Generator:
    """Give a generator of one purpose: the single stream of :func:`streams`."""
    return np.random.default_rng(streams(random_seed, purpose, source_hash=source_hash))

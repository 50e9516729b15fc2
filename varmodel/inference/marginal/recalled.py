"""What the last few samples found, while their frames live: others begin with the same.

Weighed points follow from frame, model, seed and number alone. So who asks for more draws of a fit
(`fitting.draw_more`) would look for the mass, choose a proposal and weigh its points all over
again, to the same end. Where the mass of normal effects lies follows from frame and model alone,
whatever the distribution of the effects: a refit of another one looks for it first.
"""

import weakref
from dataclasses import dataclass, fields

import xarray as xr

from varmodel.inference.marginal.hyperparameters.pilot import Plain
from varmodel.inference.marginal.sampler import Proposed
from varmodel.inference.request import Request

#: An analysis has up to three samples: its own, of a flexible distribution, with log_volume.
_MOST = 4

type _Key = tuple[object, ...]
type _Found = Proposed | Plain


@dataclass(frozen=True, slots=True, eq=False)
class _Recalled:
    """What was asked for and what came of it; the frame is not kept alive."""

    frame: "weakref.ref[xr.Dataset]"
    key: _Key
    found: _Found


_recalled: list[_Recalled] = []


def points_for(request: Request) -> int:
    """Give how many draws in all points are proposed for."""
    return request.points_for or request.draws * request.chains


def recall(request: Request) -> Proposed | None:
    """Find the points of a request for the same frame; None where they are not at hand."""
    found = _find(request, _key_of(request))
    return found if isinstance(found, Proposed) else None


def remember(request: Request, proposed: Proposed) -> None:
    """Keep points until their frame is gone, or others have come after them."""
    _keep(request, _key_of(request), proposed)


def plain_of(request: Request) -> Plain:
    """Give what is known of the same model with normal effects; who finds it fills it in."""
    spec = request.spec
    key = tuple(getattr(spec, one.name) for one in fields(spec) if one.name != "effect")
    found = _find(request, key)
    if isinstance(found, Plain):
        return found
    plain = Plain()
    _keep(request, key, plain)
    return plain


def _find(request: Request, key: _Key) -> _Found | None:
    same = (x.found for x in _recalled if x.frame() is request.frame and x.key == key)
    return next(same, None)


def _keep(request: Request, key: _Key, found: _Found) -> None:
    """Keep the last few of a kind."""
    frame = weakref.ref(request.frame, _forget)
    every = [*_recalled, _Recalled(frame, key, found)]
    like = [one for one in every if type(one.found) is type(found)][-_MOST:]
    _recalled[:] = [one for one in every if one in like or type(one.found) is not type(found)]


def _forget(frame: "weakref.ref[xr.Dataset]") -> None:
    _recalled[:] = [one for one in _recalled if one.frame is not frame]


def _key_of(request: Request) -> _Key:
    return request.spec, request.random_seed, request.chains, points_for(request)

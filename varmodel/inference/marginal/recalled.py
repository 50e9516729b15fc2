"""Weighed points of the last few samples, while their frames live: more draws need the same ones.

Points follow from frame, model, seed and number alone. So who asks for more draws of a fit
(`fitting.draw_more`) would look for the mass, choose a proposal and weigh its points all over
again, to the same end.
"""

import weakref
from dataclasses import dataclass

import xarray as xr

from varmodel.inference.marginal.sampler import Proposed
from varmodel.inference.request import Request

#: An analysis has up to three samples: its own, of a flexible distribution, with log_volume.
_MOST = 4

type _Key = tuple[object, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Recalled:
    """What was asked for and what came of it; the frame is not kept alive."""

    frame: "weakref.ref[xr.Dataset]"
    key: _Key
    proposed: Proposed


_recalled: list[_Recalled] = []


def points_for(request: Request) -> int:
    """Give how many draws in all points are proposed for."""
    return request.points_for or request.draws * request.chains


def recall(request: Request) -> Proposed | None:
    """Find the points of a request for the same frame; None where they are not at hand."""
    key = _key_of(request)
    same = (x.proposed for x in _recalled if x.frame() is request.frame and x.key == key)
    return next(same, None)


def remember(request: Request, proposed: Proposed) -> None:
    """Keep points until their frame is gone, or others have come after them."""
    frame = weakref.ref(request.frame, _forget)
    _recalled[:] = [*_recalled, _Recalled(frame, _key_of(request), proposed)][-_MOST:]


def _forget(frame: "weakref.ref[xr.Dataset]") -> None:
    _recalled[:] = [one for one in _recalled if one.frame is not frame]


def _key_of(request: Request) -> _Key:
    return request.spec, request.random_seed, request.chains, points_for(request)

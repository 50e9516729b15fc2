"""What is declared: the frozen model, its parts, its TOML file, the library of models.

text <-> fields                        toml.loads, toml.dumps
fields -> checked model                rules.read_model
name or path -> ModelSpec              library.load_model
"""

from varmodel.spec.library import list_models, load_model
from varmodel.spec.model import ModelSpec
from varmodel.spec.parts import Benchmark, Exclusion, Nil, Peers, Review
from varmodel.spec.prices import LognormalCost, OwnCost, Price, UnitCost, as_unit_cost
from varmodel.spec.terms import Factor, Interaction, Spline, Term

__all__ = [
    "Benchmark",
    "Exclusion",
    "Factor",
    "Interaction",
    "LognormalCost",
    "ModelSpec",
    "Nil",
    "OwnCost",
    "Peers",
    "Price",
    "Review",
    "Spline",
    "Term",
    "UnitCost",
    "as_unit_cost",
    "list_models",
    "load_model",
]

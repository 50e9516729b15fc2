"""varmodel check: what a table holds, as a model reads it."""

from varmodel.frame import describe, prepare
from varmodel.spec import load_model


def check_table(model: str, table: str) -> list[str]:
    """Prepare a table and describe it in lines."""
    spec = load_model(model)
    facts = describe(prepare(spec, table))
    return [f"{spec.name}: {table} can be fitted"] + [
        f"  {name:<12} {value}" for name, value in facts.items()
    ]

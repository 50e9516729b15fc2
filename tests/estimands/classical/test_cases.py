import io

import pandas as pd
import pytest

from varmodel.estimands.classical import close_case, nameable, open_cases, record_stage

FUNNEL = pd.DataFrame(
    {
        "provider": ["A", "B", "C"],
        "flag": ["high", "", "low"],
        "ratio": [1.6, 1.0, 0.6],
        "z": [4.0, 0.1, -4.2],
    }
)


@pytest.fixture
def cases():
    return open_cases(FUNNEL, on="2026-11-02")


def test_a_case_is_opened_for_each_flag(cases):
    assert cases["provider"].tolist() == ["A", "C"]
    assert cases["side"].tolist() == ["high", "low"]
    assert (cases["flagged"] == "2026-11-02").all()
    later = cases[["data_checked", "reply_received", "confirmed", "closed", "reason"]]
    assert (later.to_numpy() == "").all()


def test_nobody_is_named_before_the_reply(cases):
    assert nameable(cases) == []
    checked = record_stage(cases, "A", stage="data_checked", on="2026-11-10")
    assert nameable(checked) == []
    replied = record_stage(checked, "A", stage="reply_received", on="2026-11-20")
    assert nameable(replied) == ["A"]
    assert nameable(record_stage(replied, "A", stage="confirmed", on="2026-11-20")) == ["A"]
    assert nameable(close_case(replied, "A", reason="coded twice", on="2026-11-21")) == []
    assert nameable(cases) == []  # what was given is not touched


@pytest.mark.parametrize("options", [{"dtype": str, "keep_default_na": False}, {}])
def test_a_file_keeps_the_cases(cases, options):
    text = record_stage(cases, "C", stage="data_checked", on="2026-11-10").to_csv(index=False)
    read = pd.read_csv(io.StringIO(text), **options)
    replied = record_stage(read, "C", stage="reply_received", on="2026-11-12")
    assert nameable(replied) == ["C"]


def test_stages_are_taken_in_turn(refused, cases):
    with refused("CONFIG.VALUE", "the next is 'data_checked'"):
        record_stage(cases, "A", stage="reply_received", on="2026-11-10")
    with refused("CONFIG.VALUE", "before flagged"):
        record_stage(cases, "A", stage="data_checked", on="2026-11-01")
    with refused("CONFIG.VALUE", "no open case of 'B'"):
        record_stage(cases, "B", stage="data_checked", on="2026-11-10")
    with refused("CONFIG.VALUE", "is no day"):
        record_stage(cases, "A", stage="data_checked", on="10.11.2026")
    done = cases
    for stage in ("data_checked", "reply_received", "confirmed"):
        done = record_stage(done, "A", stage=stage, on="2026-11-10")
    with refused("CONFIG.VALUE", "all stages are dated"):
        record_stage(done, "A", stage="confirmed", on="2026-11-10")


def test_a_case_is_closed_once_and_with_a_reason(refused, cases):
    with refused("CONFIG.VALUE", "without a reason"):
        close_case(cases, "A", reason=" ", on="2026-11-10")
    closed = close_case(cases, "A", reason="case mix", on="2026-11-10")
    with refused("CONFIG.VALUE", "no open case"):
        close_case(closed, "A", reason="again", on="2026-11-11")
    with refused("CONFIG.VALUE", "no column flag"):
        open_cases(FUNNEL.drop(columns="flag"), on="2026-11-02")

"""Policies by name: what each shows of a count, and which cannot protect."""

import itertools

import pytest

from tests.publish.disclosure.attack import box
from varmodel.errors import DisclosureError, SpecError
from varmodel.publish.disclosure.policies import HIDDEN, POLICIES, Policy, policy_of

PROTECTING = [policy for policy in POLICIES.values() if policy.hides]


@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("hes", {0: 0, 1: None, 7: None, 8: 10, 12: 10, 13: 15, 1_002: 1_000}),
        ("shmi", {0: 0, 1: None, 5: None, 6: 10, 8: 10, 13: 15}),
        ("cms", {0: 0, 1: None, 10: None, 11: 15, 13: 15, 18: 20}),
        ("none", {0: 0, 1: 1, 7: 7, 1_002: 1_002}),
    ],
)
def test_a_policy_shows_what_it_documents(name, counts):
    policy = policy_of(name)
    assert {count: policy.shown(count) for count in counts} == counts


def test_what_is_no_count_is_shown_by_its_size():
    hes = policy_of("hes")
    found = [hes.shown(x) for x in (None, float("nan"), 7.4, 7.5, -3.0, -9.0)]
    assert found == [None, None, None, 10.0, None, -10.0]


def test_an_unknown_policy_is_refused_with_the_nearest():
    with pytest.raises(SpecError, match=r"'HES'.*allowed: hes, shmi, cms, none") as caught:
        policy_of("HES")
    assert caught.value.code == "CONFIG.VALUE"


@pytest.mark.parametrize(("highest", "nearest"), [(1, 5), (7, 1), (7, 2), (6, 5), (11, 5), (0, 5)])
def test_a_policy_that_gives_hidden_counts_away_is_refused(highest, nearest):
    with pytest.raises(DisclosureError) as caught:
        Policy("mine", highest, nearest, "me")
    assert caught.value.code == "DISCLOSURE.POLICY"


def mark(policy, count):
    shown = policy.shown(count)
    return HIDDEN if shown is None else str(shown)


@pytest.mark.parametrize("policy", PROTECTING, ids=lambda policy: policy.name)
def test_a_figure_shown_is_no_hidden_count_and_is_shown_again(policy):
    """Site and papers take what was shown before through the policy once more."""
    shown = [policy.shown(count) for count in range(policy.highest + 1, 100)]
    assert min(shown) > policy.highest
    assert [policy.shown(figure) for figure in shown] == shown


@pytest.mark.parametrize("policy", PROTECTING, ids=lambda policy: policy.name)
def test_no_count_of_a_new_quarter_is_told_by_two_totals(policy):
    """Every total to 60 and every hidden count after it: never one solution alone."""
    alone = []
    for before, new in itertools.product(range(61), range(1, policy.highest + 1)):
        low, high = box(mark(policy, before), policy)
        least, most = box(mark(policy, before + new), policy)
        if max(0, least - high) == most - low:
            alone.append((before, new))
        if min(most - low, policy.highest) == max(least - high, 1):  # its own mark is known too
            alone.append((before, new))
    assert alone == []


@pytest.mark.parametrize("policy", POLICIES.values(), ids=list(POLICIES))
def test_a_policy_says_in_words_what_it_does(policy):
    assert policy.words.endswith(".")
    assert (f"1 to {policy.highest}" in policy.words) == policy.hides

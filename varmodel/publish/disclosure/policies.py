"""Named policies for small numbers, as one table.

A count is shown as a figure that depends on this count alone, and everything else that is
published of counts (crude rates, totals, the parts of a difference) is made of the figures shown.
Nothing published therefore says more of a hidden count than its mark does: a sum of what is shown
is no equation for what is not.
"""

import math
from dataclasses import dataclass

from varmodel.errors import Problem, fail, nearest, one_of, refuse, show

#: What stands where a count is hidden; never 0.
HIDDEN = "*"
#: A total shown to the nearest so many leaves a change between two publications in doubt.
_LEAST_NEAREST = 3


@dataclass(frozen=True, slots=True)
class Policy:
    """What is shown of a count.

    Attributes
    ----------
    name : str
    highest : int
        Counts from 1 to this are hidden; 0 hides none.
    nearest : int
        All others are shown to the nearest multiple, and to none that would be hidden itself;
        1 shows them as they are.
    source : str
        Who publishes by it, in words.

    Raises
    ------
    DisclosureError
        DISCLOSURE.POLICY where the rule itself gives a hidden count away: a single count is
        hidden, or the difference of two publications can single one out.
    """

    name: str
    highest: int
    nearest: int
    source: str

    def __post_init__(self) -> None:
        refuse(_problems(self))

    @property
    def hides(self) -> bool:
        """Whether anything is hidden."""
        return self.highest > 0

    def shown(self, count: float | None) -> float | None:
        """Give what is shown of a count; None where it is hidden.

        Parameters
        ----------
        count : float or None
            A count, or a sum of measurements, which goes by its size.

        Returns
        -------
        float or None
            A count of 0 is shown as 0 by every policy: nobody is in it.
        """
        if count is None or not math.isfinite(count):
            return None
        if not self.hides or count == 0:
            return count
        size = abs(count)
        if size < self.highest + 0.5:
            return None
        near = self.nearest * math.floor(size / self.nearest + 0.5)
        return math.copysign(max(near, self.least), count)

    @property
    def least(self) -> int:
        """Give the least figure but 0 that is shown: hidden counts lie below it.

        Were 6 and 7 shown as 5 where 5 is hidden, a 5 would say more than its rounding, and would
        be hidden where facts go through the policy again.
        """
        return self.nearest * (self.highest // self.nearest + 1)

    @property
    def words(self) -> str:
        """What it does, in a sentence for readers."""
        if not self.hides:
            return "No disclosure control: counts and crude rates are shown as they are."
        up = self.highest + 1 < self.least - self.nearest / 2
        least = f" but no lower than {self.least}" if up else ""
        return (
            f"Disclosure control ({self.name}): counts of 1 to {self.highest} are shown as "
            f"{HIDDEN}, all others to the nearest {self.nearest}{least}; 0 is shown as 0. Crude "
            "rates and totals are made of the counts shown, so that nothing can be worked back "
            "from them."
        )


def _problems(policy: Policy) -> list[Problem]:
    """Say how a rule gives hidden counts away.

    Two totals a quarter apart, each known to the nearest b, leave their difference within b - 1 of
    a multiple of b. The highest hidden count h stands alone at the end of such a range where
    h = 1 modulo b.
    """
    high, size = policy.highest, policy.nearest
    if high == 0 and size == 1:
        return []
    fix = "hide counts of 1 to 2 or more, and show the others to the nearest 5"
    if high < 2:
        found = f"it hides counts of 1 to {high}: the mark says which it is"
    elif size < _LEAST_NEAREST or high % size == 1:
        found = (
            f"counts to the nearest {size} beside hidden ones of 1 to {high}: the difference of "
            "two publications can single one out"
        )
    else:
        return []
    name = show(policy.name)
    return [Problem("DISCLOSURE.POLICY", f"the policy {name} does not protect: {found}", fix=fix)]


#: Name -> policy. All but "none" also round, so that the quarter after gives nothing away.
POLICIES = {
    policy.name: policy
    for policy in (
        Policy("hes", 7, 5, "Hospital Episode Statistics, NHS Digital, from September 2018"),
        Policy("shmi", 5, 5, "Summary Hospital-level Mortality Indicator, counts of 1 to 5"),
        Policy("cms", 10, 5, "Centers for Medicare & Medicaid Services, cells below 11"),
        Policy("none", 0, 1, "whoever holds the records"),
    )
}
DEFAULT_POLICY = "hes"
#: Of a run whose reader holds the records.
NO_POLICY = "none"


def policy_of(name: object) -> Policy:
    """Find a policy by its name.

    Parameters
    ----------
    name : str
        "hes", "shmi", "cms" or "none".

    Returns
    -------
    Policy

    Raises
    ------
    SpecError
        CONFIG.VALUE for another name.
    """
    if not isinstance(name, str) or name not in POLICIES:
        message = f"there is no disclosure policy {show(name)}{nearest(name, POLICIES)}"
        fail("CONFIG.VALUE", message, fix=one_of(name, POLICIES))
    return POLICIES[name]

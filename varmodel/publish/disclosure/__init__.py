"""Small numbers kept from what is published: no table gives a hidden count back.

name -> policy                               policies.policy_of
facts of a quarter -> what may be shown      protected.disclosed
tables of a run -> what may be shown         tables.protect
"""

from varmodel.publish.disclosure.policies import POLICIES, Policy, policy_of
from varmodel.publish.disclosure.protected import disclosed
from varmodel.publish.disclosure.tables import protect

__all__ = ["POLICIES", "Policy", "disclosed", "policy_of", "protect"]

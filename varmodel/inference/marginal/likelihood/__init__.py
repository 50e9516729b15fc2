"""Likelihoods of one provider's cells as functions of its effect: one file a kind.

kind -> its operations        operations.kind, operations.implements
"""

"""Integrals over the effects, expected scores and exact draws, for any kind of likelihood."""

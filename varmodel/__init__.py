"""Variation between health-care providers."""

"""Behaviours of the simulated service. Each function returns a scenario: what one answer does."""

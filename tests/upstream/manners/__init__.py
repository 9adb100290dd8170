"""The manners of a lying upstream. Each of these files adds its own to the list."""

from upstream.manners import absurd, cut, honest, meddling, short  # noqa: F401
from upstream.manners.manner import MANNERS, Manner, Promise

__all__ = ["MANNERS", "Manner", "Promise"]

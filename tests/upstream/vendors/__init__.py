"""Simulated providers that speak their own formats, as their public documentation and the sources
of their SDKs have them. Each refuses what the provider refuses, in the provider's words, before it
plays what a test has scripted. A comment says where a fact could not be verified."""

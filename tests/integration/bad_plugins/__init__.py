"""Plugins that break each rule of the ABI, and what the host does with them. Their rows are the tests' expectations, and
docs/bad-plugins.md is made of them."""

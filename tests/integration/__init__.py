"""The host as its users meet it: the real program, a simulated upstream, nothing mocked between."""

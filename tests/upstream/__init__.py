"""A simulated HolySheep: an OpenAI-compatible service in front of Qwen, over HTTPS, that can
misbehave."""

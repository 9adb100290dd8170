"""The official OpenAI clients, unmodified, against the host."""

"""What a client of the official OpenAI package gets of each plugin, and what the plugin's vendor is
sent for it: one table of scenarios and vendors, of which docs/plugins.md is made."""

import pytest

pytest.register_assert_rewrite("plugins.asking", "plugins.rows")

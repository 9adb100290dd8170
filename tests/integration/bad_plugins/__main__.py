"""What becomes of a plugin that breaks a rule. The tables are the tests' expectations, and docs/bad-plugins.md is made of them."""
from integration.bad_plugins import page

page.PAGE.write_text(page.text())

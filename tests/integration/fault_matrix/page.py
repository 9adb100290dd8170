"""Writes docs/faults.md."""

from integration.fault_matrix.fault import Fault
from integration.fault_matrix.outcome import in_words
from integration.fault_matrix.tables import CASES, FAULTS, FORMS, SETTINGS, TABLES, cells
from integration.host import ROOT

PAGE = ROOT / "docs/faults.md"

HEAD = f"""# What a client sees when a provider fails

Each of these {len(FAULTS)} faults is made by a provider of the tests, and each of the {len(CASES)} cells is seen as it stands
here: the page is made from `tests/integration/fault_matrix`, and `tests/integration/test_fault_matrix.py` holds both the host
and the page to it. `cd tests && python -m integration.fault_matrix` writes it anew.

A fault meets three routes, by a plain call and by a stream:

| Route | Its targets | `attempts` of `retry` |
|---|---|---|
| alone | the provider that fails | 1 |
| fallback | the provider that fails, and then a good one | 2 |
| retry | the provider that fails; at its second try it is good, unless the fault lasts | 2 |

A cell says three things:

- **What the client gets.** A good answer, and whose it is. Or the status, the code and the type of an error
  ([errors.md](errors.md)). Or the beginning of a stream, which then ends with that error as an event. `x-should-retry: false`
  tells the official SDKs not to ask again; where the header is not named there is none.
- **How often it was tried**, as the header `x-bellwether-attempts` says; and how many requests came to the providers, if that
  is another number.
- **What is counted**, for all its tries together. *reported*: what the provider says that it has used. *seen*: the prompt as it was
  held, and what was seen of the answer. *hold*: all that was held for one try. *tokens*: as
  [limits.md](limits.md#what-a-call-is-counted-with) says of answers that make no sense. In each case nothing is held any more
  when the call is over.
"""


def text() -> str:
    return "\n".join([HEAD, *(_table(title, faults) for title, faults in TABLES.items())])


def _table(title: str, faults: list[Fault]) -> str:
    columns = [f"{form}, {setting}" for form in FORMS for setting in SETTINGS]
    rows = [["The provider …", *columns], ["---"] * (1 + len(columns)),
            *([fault.does, *_row(fault)] for fault in faults)]
    return "\n".join([f"## {title}", "", *(f"| {' | '.join(row)} |" for row in rows), ""])


def _row(fault: Fault) -> list[str]:
    texts = []
    for form in FORMS:
        of_form = cells(fault, form)
        for setting in SETTINGS:
            if of_form is None:
                texts.append("–")
            elif form == "stream" and of_form == fault.plain:
                texts.append("as plain")
            else:
                texts.append("<br>".join(in_words(getattr(of_form, setting))))
    return texts

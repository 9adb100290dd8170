"""All faults, in the order of the page, and the calls that meet them."""

from dataclasses import dataclass

from integration.fault_matrix import answers, connecting, refusals
from integration.fault_matrix.fault import Fault
from integration.fault_matrix.outcome import Cells, Outcome

TABLES: dict[str, list[Fault]] = {
    "No connection": connecting.NO_CONNECTION,
    "A connection, and no answer": connecting.BEFORE_THE_BODY,
    "The request is refused": refusals.CLIENTS_OWN,
    "The host's account, or the model, is refused": refusals.ACCOUNT,
    "Too fast": refusals.RATE,
    "The provider says that it failed": refusals.FAILURES,
    "An answer that is none": answers.NO_ANSWER,
    "An answer that breaks off": answers.BROKEN_OFF,
    "A stream that fails before its first word": answers.BEFORE_CONTENT,
    "A stream that fails after its first word": answers.AFTER_CONTENT,
}
FAULTS = [fault for faults in TABLES.values() for fault in faults]

FORMS = ("plain", "stream")
SETTINGS = ("alone", "fallback", "retry")


def cells(fault: Fault, form: str) -> Cells | None:
    return fault.plain if form == "plain" else fault.stream


@dataclass(frozen=True)
class Case:
    """One call: a cell of the page."""

    fault: Fault
    form: str
    setting: str

    @property
    def name(self) -> str:
        """Also of its model, its route, its budget and its request."""
        return f"{self.fault.name}_{self.form}_{self.setting}"

    @property
    def expected(self) -> Outcome:
        return getattr(cells(self.fault, self.form), self.setting)


CASES = [Case(fault, form, setting) for fault in FAULTS for form in FORMS
         if cells(fault, form) for setting in SETTINGS]

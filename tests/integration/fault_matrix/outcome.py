"""What became of one call, as its client, its upstreams and the books saw it, and its words."""

from dataclasses import dataclass, replace

WORDS = ("so ", "far ", "so ", "good")  # of every good answer, and of those that begin well
WHOLE = "".join(WORDS)


@dataclass(frozen=True)
class Outcome:
    status: int  # what the client got
    error: str = ""  # its type and its code; in a stream that has begun: those of its last event
    said: str = ""  # the content that the client got
    target: int = 0  # the one that answered: 1 or 2; 0: none
    tries: int = 1  # as the header x-bellwether-attempts says
    received: int = 1  # requests that the upstreams have seen
    should_retry: str = ""  # the header x-should-retry; empty: there is none
    retry_after_ms: str = ""  # likewise
    counted: str = "nothing"  # of the failed tries, then of the last one


def refused(status: int, error: str, counted: str = "nothing", received: int = 1,
            retry_after_ms: int | None = None) -> Outcome:
    """An error in place of an answer. `error`: its type and its code."""
    return Outcome(status, error, counted=counted, received=received,
                   retry_after_ms=str(retry_after_ms or ""))


def for_good(status: int, error: str) -> Outcome:
    """The same, and the client is told not to ask again."""
    return replace(refused(status, error), should_retry="false")


def broken(error: str, counted: str = "seen", said: str = WHOLE) -> Outcome:
    """A stream that began well, and ends with an error event."""
    return Outcome(200, error, said=said, target=1, counted=counted)


def served(counted: str = "reported", said: str = WHOLE) -> Outcome:
    """The first try's own answer."""
    return Outcome(200, said=said, target=1, counted=counted)


def _after(first: Outcome, target: int) -> Outcome:
    """A good answer, after a try that ended like this."""
    wasted = "" if first.counted == "nothing" else f"{first.counted} + "
    return Outcome(200, said=WHOLE, target=target, tries=2, received=first.received + 1,
                   counted=f"{wasted}reported")


@dataclass(frozen=True)
class Cells:
    """Of one fault, and one form of a call."""

    alone: Outcome  # one target, one try
    fallback: Outcome  # two targets, the second is healthy
    retry: Outcome  # one target, two tries; at the second one it is healthy, if the fault can end


def tried_again(first: Outcome) -> Cells:
    """Another try may go well: at the next target or, if there is none, at the same one after a
    wait."""
    return Cells(first, _after(first, 2), _after(first, 1))


def tried_in_vain(first: Outcome) -> Cells:
    """The same for a fault that lasts: at the end the client is told not to go on."""
    return Cells(first, _after(first, 2),
                 replace(first, tries=2, received=2 * first.received, should_retry="false"))


def tried_elsewhere(first: Outcome) -> Cells:
    """Only another target may do better."""
    return Cells(first, _after(first, 2), first)


def told(first: Outcome) -> Cells:
    """Nobody else is asked: all would say the same, or some of the answer is with the client."""
    return Cells(first, first, first)


def in_words(outcome: Outcome) -> list[str]:
    """The lines of a cell on the page."""
    lines = []
    if outcome.target:
        whose = "answer" if outcome.target == 1 else "the second's answer"
        if outcome.tries > 1 and outcome.target == 1:
            whose = "the second try's answer"
        lines.append(whose if not outcome.error else f"what was said, then {_code(outcome)}")
    else:
        lines.append(f"**{outcome.status}** {_code(outcome)}")
    if outcome.retry_after_ms:
        lines.append(f"`retry-after-ms: {outcome.retry_after_ms}`")
    if outcome.should_retry:
        lines.append(f"`x-should-retry: {outcome.should_retry}`")
    tries = f"{outcome.tries} {'try' if outcome.tries == 1 else 'tries'}"
    if outcome.received != outcome.tries:
        tries += f", {outcome.received} received"
    return [*lines, f"{tries}; {outcome.counted}"]


def _code(outcome: Outcome) -> str:
    kind, code = outcome.error.split(" ")
    return f"`{code}` ({kind})"

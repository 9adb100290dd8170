"""Plugins that are loaded, and spoil the calls that they get."""

import json

from integration.bad_plugins.row import Call

MISBEHAVED = 'plugin misbehaved: provider "{p}": '
BUG = 'provider "{p}": '
UNSAID = 'provider "{p}" failed without saying why'
NEEDS_MORE = 'the plugin of provider "{p}" needs what this host cannot do: '


def sends(how: str, does: str, rule: str, **members: object) -> Call:
    return Call("sends", how, does, "in call_open", MISBEHAVED + rule, **members)


def too_new(plugin: str, how: str, does: str, noticed: str, what: str, **members: object) -> Call:
    """What a later host may understand: no bug, and the instance stays."""
    return Call(plugin, how, does, noticed, NEEDS_MORE + what, 400, "plugin_needs_more", replaced=False, **members)


def says(name: str, does: str, text: object, rule: str, kind: int | None = None, **members: object) -> Call:
    """A reply, or a chunk if `stream` is among the members."""
    options = {"text": text if isinstance(text, str) else json.dumps(text)} | ({} if kind is None else {"kind": kind})
    return Call("emits", "as-told", does, "in call_data", MISBEHAVED + rule, name=f"emits-{name}", options=options, **members)


def engine(how: str, does: str, noticed: str, rule: str, **members: object) -> Call:
    return Call("engines", how, does, noticed, MISBEHAVED + rule, **members)


def harmless(plugin: str, how: str, does: str, **members: object) -> Call:
    return Call(plugin, how, does, "", "", 200, None, replaced=False, **members)


FRAMING = "send with a framing header"
MALFORMED = "send with a malformed header"
METHOD = "send with a method other than GET, POST, PUT, PATCH and DELETE"
URL = "send with a malformed URL"
ORIGIN = "send to an origin that the provider may not talk to"
SENDING = [
    sends("nothing", "returns BW_OK without a send", "call_open sent nothing"),
    Call("sends", "null", "sends NULL, and returns what it got", "after call_open", BUG + UNSAID),
    sends("zeroes", "sends a struct of zeroes, its size included", METHOD),
    sends("twice", "sends twice", "send called twice"),
    sends("and-complete", "sends, and returns BW_COMPLETE", "call_open sent, and was complete"),
    Call("sends", "complete-without-reply", "returns BW_COMPLETE, and has replied nothing", "after call_open",
         'provider "{p}" ended its answer without a reply', code="empty_reply", replaced=False),
    Call("sends", "in-call_data", "sends once more in call_data", "in call_data", MISBEHAVED + "send outside call_open and call_end"),
    Call("sends", "twice-in-call_end", "sends twice in call_end", "in call_end", MISBEHAVED + "send called twice"),
    sends("method-trace", "sends with the method TRACE", METHOD),
    sends("method-empty", "sends without a method", METHOD),
    sends("url-empty", "sends without a URL", ORIGIN),
    sends("url-of-another", "sends to an origin that is not the provider's", ORIGIN),
    sends("url-with-user", "sends to a URL with a user in it", ORIGIN),
    sends("url-with-line-end", "sends to a URL with a line end in it", URL),
    sends("header-name", "sends a header with a space in its name", MALFORMED),
    sends("header-empty", "sends a header without a name", MALFORMED),
    sends("header-value", "sends a header with a line end in its value", MALFORMED),
    sends("header-length", "sends a `Content-Length` of its own", FRAMING),
    sends("header-host", "sends a `Host` of its own", FRAMING),
    sends("header-encoding", "sends a `Transfer-Encoding` of its own", FRAMING),
    sends("credential", "sends with a credential that it was not given", "send with a credential that was not given"),
    sends("wait-below-0", "sends with a wait below 0", "send with a wait below 0"),
    too_new("sends", "must", "sends with an unknown bit of `must`", "in call_open", "a send that must be understood and is not"),
    too_new("sends", "refused-and-ok", "the same, and returns BW_OK as though it had been sent", "after call_open",
            "a send that must be understood and is not"),
    too_new("sends", "frame-kind", "sends, and asks for frames of an unknown kind", "in call_open",
            "frames of a kind that this host cannot cut"),
    too_new("sends", "files", "sends a file of a request that has none", "in call_open", "a body with files"),
]

NO_CHOICES = "emit of a reply without choices or data"
NO_OBJECT = "emit of JSON that is not an object"
NO_JSON = "emit of text that is not valid JSON"
KIND = "emit of a kind that does not fit the request"
SAYING = [
    says("null-text", "replies `null`", "null", NO_OBJECT),
    says("string", "replies a string", '"yes"', NO_OBJECT),
    says("array", "replies an array", "[]", NO_OBJECT),
    says("empty-object", "replies `{}`", "{}", NO_CHOICES),
    says("hello", 'replies `{"hello":1}`', {"hello": 1}, NO_CHOICES),
    says("choices-object", 'replies `{"choices":{}}`', {"choices": {}}, NO_CHOICES),
    says("choices-empty", 'replies `{"choices":[]}`', {"choices": []}, NO_CHOICES),
    says("choices-null", 'replies `{"choices":null}`', {"choices": None}, NO_CHOICES),
    says("cut", "replies half of an object", '{"choices":[', NO_JSON),
    says("empty", "replies an empty text", "", NO_JSON),
    says("two-objects", "replies two objects in one", "{} {}", NO_JSON),
    says("chunk-string", "streams a string", '"yes"', NO_OBJECT, stream=True),
    says("chunk-array", "streams an array", "[]", NO_OBJECT, stream=True),
    says("chunk-without-choices", "streams a chunk without choices", "{}", "emit of a chunk without choices", stream=True),
    says("chunk-choices-object", 'streams `{"choices":{}}`', {"choices": {}}, "emit of a chunk without choices", stream=True),
    says("chunk-cut", "streams half of a chunk", '{"choices":', NO_JSON, stream=True),
    says("chunk-empty", "streams an empty text", "", NO_JSON, stream=True),
    says("chunk-of-plain", "replies with a chunk to a client that wants no stream", {"choices": []}, KIND, 1),
    says("reply-of-stream", "replies with a whole object to a client that wants a stream", {"choices": [{}]}, KIND, 0, stream=True),
    says("bytes-of-chat", "replies with bytes to a chat", "abc", KIND, 3),
    Call("emits", "deep", "replies JSON of 70 levels", "in call_data", MISBEHAVED + NO_JSON),
    Call("emits", "twice", "replies twice", "in call_data", MISBEHAVED + "emit of a second reply"),
    Call("emits", "null", "emits NULL, and returns what it got", "after call_data", BUG + UNSAID),
    Call("emits", "go-on", "replies `null`, and then a good reply", "in call_data", MISBEHAVED + NO_OBJECT),
    too_new("emits", "must", "replies with an unknown bit of `must`", "in call_data", "an emit that must be understood and is not"),
    too_new("emits", "as-told", "replies with a piece of an unknown kind", "in call_data",
            "a piece of a kind that this host cannot send", name="emits-kind", options={"text": "{}", "kind": 99}),
    Call("emits", "nothing", "ends well, and has replied nothing", "after call_end",
         'provider "{p}" ended its answer without a reply', code="empty_reply", replaced=False),
    Call("emits", "frame-in-call_data", "chooses how the body is cut in call_data", "in call_data",
         MISBEHAVED + "frame outside call_head"),
    too_new("emits", "frame-unknown", "chooses frames of an unknown kind in call_head", "in call_head",
            "frames of a kind that this host cannot cut"),
    Call("emits", "header-after-emit", "sets a header of the reply after the reply", "in call_data",
         MISBEHAVED + "reply_header after an emit"),
    Call("emits", "attribute-without-name", "sets an attribute without a name", "in call_data",
         MISBEHAVED + "attribute without a name"),
]

STRANGE = dict(code="upstream_error", replaced=False)  # a status that is unknown is an upstream's failure
TELLING = [
    Call("statuses", "99", "returns a status that nobody knows from call_open", "after call_open", UNSAID, **STRANGE),
    Call("statuses", "below-complete", "returns a status below BW_COMPLETE from call_open", "after call_open", UNSAID, **STRANGE),
    Call("statuses", "data-99", "returns a status that nobody knows from call_data", "after call_data", UNSAID, **STRANGE),
    Call("statuses", "end-99", "replies, and returns a status that nobody knows from call_end", "after call_end", UNSAID, **STRANGE),
    Call("statuses", "two-statuses", "tells of BW_E_INVALID, and returns BW_E_RATE", "after call_open", "told so", 429,
         "rate_limit_exceeded", replaced=False),
    Call("statuses", "bug-without-words", "returns BW_E_INTERNAL, and does not say why", "after call_open", BUG + UNSAID),
    Call("statuses", "bug-with-words", "tells of BW_E_INTERNAL in call_open", "after call_open", BUG + "told so"),
    Call("statuses", "data-bug", "tells of BW_E_INTERNAL in call_data", "after call_data", BUG + "told so"),
    Call("statuses", "fail-null", "tells NULL, and returns what it got", "after call_open", BUG + UNSAID),
    Call("statuses", "long-words", "tells of 4 MiB of words", "after call_open", "w" * (64 << 10), **STRANGE),
    Call("statuses", "no-text", "tells of words that are no UTF-8, with an escape sequence and a line end", "after call_open",
         "\ufffd\ufffd \x1b[31mred\r\nlevel=error", **STRANGE),
]

NO_SIDE = "begin without the plugin's side of bw.engine/1"
ENGINES = [
    engine("begin-after-send", "begins to step after a send", "in call_open", "begin after send"),
    engine("send-after-begin", "sends after it has begun to step", "in call_open", "send of an engine"),
    engine("begin-in-call_end", "begins to step in call_end", "in call_end", "begin outside call_open"),
    engine("begin-in-step", "begins once more in a step", "in step", "begin outside call_open"),
    engine("send-in-step", "sends in a step", "in step", "send outside call_open and call_end"),
    Call("engines", "without-reply", "completes, and has replied nothing", "after step",
         'provider "{p}" ended its answer without a reply', code="empty_reply", replaced=False),
    Call("engines", "never", "takes a step, and asks for no other", "at the time-out",
         "The provider sent nothing more within 700 ms (idle_timeout).", 504, "idle_timeout", replaced=False, hasty=True),
    Call("engines", "restless", "asks for the next step at once, for ever", "at the time-out",
         "The provider did not finish within 2000 ms (total_timeout).", 504, "total_timeout", replaced=False, hasty=True),
    Call("engines:BAD_SIDE=0", "no-step", "begins, and has no side of bw.engine/1", "in call_open", MISBEHAVED + NO_SIDE,
         name="engines-no-side"),
    Call("engines:BAD_SIDE=2", "no-step", "begins, and its side of bw.engine/1 has no step", "in call_open", MISBEHAVED + NO_SIDE,
         name="engines-no-step"),
    Call("engines:BAD_SIDE=3", "no-step", "begins, and its side of bw.engine/1 is too short for a step", "in call_open",
         MISBEHAVED + NO_SIDE, name="engines-short-side"),
]

LOST = [
    Call("births", "call-null", "returns BW_OK from call_open, and hands over no call", "after call_open",
         MISBEHAVED + "call_open gave no call"),
]

# The client has its answer, and nothing is wrong with it.
SERVED = [
    harmless("statuses", "told-and-ok", "tells of an error, goes on and returns BW_OK"),
    harmless("emits", "header-not-allowed", "sets a header of the reply that its manifest does not name"),
    harmless("emits", "usage-of-nonsense", "tells of usage below 0, of 2⁶³ - 1 and without a name"),
    harmless("engines", "waits-below-0", "asks for a step after a wait below 0"),
    harmless("engines", "wakes-a-stranger", "wakes calls that there are not"),
    harmless("engines", "wakes-in-call_close", "wakes its call in call_close"),
    harmless("engines", "wakes-the-closed", "wakes a call that has been closed"),
    harmless("engines", "slow", "takes 120 ms for a step"),
    Call("emits", "in-call_close", "replies in call_close", "in call_close", "", 200, None),
    Call("emits", "send-in-call_close", "sends in call_close", "in call_close", "", 200, None),
]

TABLES: dict[str, list[Call]] = {
    "A request to the upstream that may not be": SENDING,
    "An answer to the client that is none": SAYING,
    "A status that says something else": TELLING,
    "An engine that does not step as it should": ENGINES,
    "A call that is not there": LOST,
    "What the client does not see": SERVED,
}
CALLS = [row for rows in TABLES.values() for row in rows]

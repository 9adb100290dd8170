"""Plugins that are not loaded: their table or their manifest is wrong, or they are not born."""

import json

from integration.bad_plugins.row import Refused

EMPTY_ENTRY = "its table leaves a required entry empty; rebuild it with the SDK"
HALF = "its table has a part of a service only; rebuild it with the SDK"
BAD_ID = "its id is empty or longer than 64 bytes"


def table(name: str, does: str, words: str, **members: str) -> Refused:
    return Refused(name, does, words, {"BAD_TABLE": name}, **members)


NOT_ITS_OWN = ("not its own: a plugin's table, functions and texts must lie in its own file. If they are meant to be that library's, "
               "link it in statically; if not, the linker has taken symbols of one name for one: rebuild both with "
               "bellwether_add_plugin, or with -fvisibility=hidden and -fno-gnu-unique")
TABLES = [
    Refused("no-entry", "exports no function of that name", "it is not a Bellwether plugin: it does not export bw_plugin_v1",
            library="tables:ENTRY=harmless"),
    Refused("another-major", "is of another major version of the ABI",
            "it speaks plugin ABI 9, this host speaks ABI 1; install a newer host or a build of the plugin for ABI 1",
            library="tables:ENTRY=bw_plugin_v9"),
    table("null", "returns no table", "it refuses this host (plugin ABI 1.0)"),
    table("size-0", "has a table of size 0", "its table is too short (0 bytes) for ABI 1"),
    table("size-8", "has a table of 8 bytes", "its table is too short (8 bytes) for ABI 1"),
    table("size-cut", "has a table that lacks its last byte", "its table is too short (135 bytes) for ABI 1"),
    table("needs-newer", "needs a newer host",
          "it needs a host with plugin ABI 1.99 or later, this one has 1.0; install a newer host"),
    *(table(f"no-{entry}", f"has no `{entry}`", EMPTY_ENTRY)
      for entry in ("id", "version", "create", "destroy", "call_open", "call_head", "call_data", "call_end", "call_close")),
    table("service_open-only", "opens a service, and cannot close it", HALF),
    table("service_close-only", "closes a service that it does not open", HALF),
    table("service_notice-only", "takes notices for a service that it has not", HALF),
    table("service-without-close", "has a service but for `service_close`", HALF),
    table("id-empty", "has an empty id", BAD_ID),
    table("id-long", "has an id of 65 bytes", BAD_ID),
    table("id-control", "has an id with an escape sequence and a line end",
          "its id has a character other than letters, digits, dots, - and _"),
    table("version-long", "has a version of 100,000 digits", "its version is empty or longer than 64 bytes"),
    table("table-of-another", "has a table in another library", f"its table is that of LIBC, {NOT_ITS_OWN}"),
    table("function-of-another", "has a function of another library in its table", f"its destroy is that of LIBC, {NOT_ITS_OWN}"),
    table("text-of-another", "has a text of another library in its table", f"its version is that of LIBC, {NOT_ITS_OWN}"),
    table("circle", "has a chain of tables that is a circle", "its chain of tables has more than 64, or is a circle"),
    table("second-is-bad", "has a second table that is wrong", BAD_ID),
    table("one-id-twice", "has two plugins of one id", 'it holds two plugins "com.example.bad.one"'),
]


def manifest(name: str, does: str, words: str, text: object, **members: str) -> Refused:
    """`text`: JSON, or what stands in its place."""
    written = text if isinstance(text, str) else json.dumps(text)
    return Refused(f"manifest-{name}", does, words, {"BAD_MANIFEST": written}, **members)


def wrong(name: str, does: str, mistake: str, text: object, **members: str) -> Refused:
    return manifest(name, does, f"its manifest is wrong: {mistake}; rebuild the plugin", text, **members)


NO_OBJECT = "its manifest is not a JSON object; rebuild the plugin"
NO_REQUEST_HEADER = "not a header of clients that is no credential, in lower case"
NO_REPLY_HEADER = "not a header that is neither the message's nor the host's, in lower case"
MANIFESTS = [
    manifest("no-json", "is no JSON", NO_OBJECT, "nope"),
    manifest("empty", "is empty", NO_OBJECT, ""),
    manifest("array", "is an array", NO_OBJECT, []),
    wrong("kinds", "has members of wrong types", '"summary" is a number, not a string; "models" is an object, not an array',
          {"summary": 7, "models": {}}),
    wrong("origins", "has origins that are no list", '"origins" is a number, not an array', {"origins": 7}),
    wrong("given-twice", "has a member twice", '"summary" is given twice', '{"summary":"a","summary":"b"}'),
    wrong("two-lines", "has a summary of two lines", '"summary" has a line end or another control character', {"summary": "a\nb"}),
    wrong("needs", "needs what no host can do", 'it needs "frame.zip", which this host cannot do: install a newer host',
          {"needs": ["frame.zip"]}),
    wrong("no-operation", "has an empty list of operations", '"operations" is empty: it would serve nothing', {"operations": []}),
    wrong("model-twice", "has a model twice", '"models[1].id" is "m", as one before it is', {"models": [{"id": "m"}, {"id": "m"}]}),
    wrong("credential-twice", "has a credential twice", '"credentials[1].name" is "k", as one before it is',
          {"credentials": [{"name": "k"}, {"name": "k"}]}),
    wrong("credential-kind", "has a credential of an unknown kind",
          '"credentials[0].kind" is "tattoo", not one of bearer, header, query, basic, aws-sigv4, google-service-account, '
          "oauth2-client-credentials",
          {"credentials": [{"name": "k", "kind": "tattoo"}]}),
    wrong("credential-nameless", "has a credential without a name", '"credentials[0].name" is missing', {"credentials": [{"kind": "bearer"}]}),
    wrong("credential-header", "has a credential that goes into `host`",
          '"credentials[0]" cannot be sent in the header Host, which is the host\'s own',
          {"credentials": [{"name": "k", "kind": "header", "header": "Host"}]}),
    wrong("credential-line-end", "has a credential whose header has a line end in its name",
          '"credentials[0]" names a header that can be none',
          {"credentials": [{"name": "k", "kind": "header", "header": "x\r\nhost"}]}),
    wrong("reads-credentials", "asks for headers of clients that are credentials",
          f'"request_headers[0]" is "authorization", {NO_REQUEST_HEADER}; "request_headers[1]" is "cookie", {NO_REQUEST_HEADER}',
          {"request_headers": ["authorization", "cookie"]}),
    wrong("sets-framing", "sets headers of the reply that are the host's",
          f'"response_headers[0]" is "content-length", {NO_REPLY_HEADER}; "response_headers[1]" is "set-cookie", {NO_REPLY_HEADER}',
          {"response_headers": ["content-length", "set-cookie"]}),
    wrong("counters", "has a counter with a space in its name, and one without a name",
          '"counters" has "a b", not a name of letters, digits and _; "counters" has "", not a name of letters, digits and _',
          {"counters": {"a b": "x", "": "y"}}),
    wrong("concurrency", "serves 0 calls at once", '"concurrency" is 0, not a number of calls from 1 to 1000000', {"concurrency": 0}),
    wrong("base_url", "has a base URL that is none", '"base_url" is "example", not a URL: http://host[:port]/path or https://...',
          {"base_url": "example"}),
    wrong("option", "has an option of an unknown type, and a default of another type",
          '"options.a.type" is "strng", not one of string, integer, number, boolean, duration, array, table; did you mean '
          '"string"?; "options.b.default" is "yes", not of type boolean',
          {"options": {"a": {"type": "strng"}, "b": {"type": "boolean", "default": "yes"}}}),
    wrong("option-of-the-host", "has an option of which the host has taken the name", '"options.base_url" is a key of the host\'s own',
          {"options": {"base_url": {}}}),
    wrong("context", "has a model with a context below 0", '"models[0].context" is -1, not a number of tokens',
          {"models": [{"id": "m", "context": -1}]}),
    Refused("manifest-50-mb", "is 50 MB long", "its manifest is longer than 1048576 bytes; rebuild the plugin", {"BAD_TABLE": "50-mb"}),
    Refused("manifest-300000-models", "has 300,000 models", "its manifest is longer than 1048576 bytes; rebuild the plugin",
            {"BAD_TABLE": "300000-models"}),
]

# What is odd in these is told, and they are loaded.
DOUBTS = [
    Refused("operation", "serves chats, and an operation that nobody knows", 'in its manifest, "operations: divination" is unknown',
            {"BAD_MANIFEST": '{"operations":["chat","divination"]}'}),
    Refused("member", "has a member that nobody knows", 'in its manifest, "zebra" is unknown', {"BAD_MANIFEST": '{"zebra":1}'}),
]

TOLD_SO = 'provider "p" failed without saying why'


def birth(name: str, does: str, words: str, **members: str) -> Refused:
    return Refused(name, does, words, {}, **members)


# When the host starts, and in `bellwether check`: an instance of each is made.
BIRTHS = [
    birth("create-refuses", "refuses its configuration in create", "the option tone must be loud"),
    birth("create-99", "returns a status that nobody knows from create", TOLD_SO),
    birth("create-fails-silently", "returns BW_E_INTERNAL from create, and does not say why", TOLD_SO),
    birth("create-null", "returns BW_OK from create, and hands over no instance", "its create gave no instance"),
    birth("service-refuses", "refuses its configuration in service_open", "the option tone must be loud"),
    birth("service-complete", "returns BW_COMPLETE from service_open", TOLD_SO),
    birth("service-null", "returns BW_OK from service_open, and hands over no service", "its service_open gave no service"),
]

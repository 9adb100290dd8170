"""Faults before a request is sent, and before an answer begins."""

from integration.fault_matrix.fault import both
from integration.fault_matrix.outcome import (
    WORDS, refused, tried_again, tried_elsewhere, tried_in_vain)
from upstream import doors
from upstream.scenarios import faults, timing, wire

UNREACHABLE = refused(502, "server_error upstream_unreachable", received=0)
NO_TLS = refused(502, "server_error upstream_tls_error", received=0)
CUT = refused(502, "server_error upstream_cut")
NOT_HTTP = refused(502, "server_error upstream_protocol_error")
SLOW = refused(504, "server_error first_byte_timeout", "hold")
# Its status line says that there is an answer; nobody knows how much of it was made.
CUT_IN_ANSWER = refused(502, "server_error upstream_cut", "hold")
NOT_HTTP_IN_ANSWER = refused(502, "server_error upstream_protocol_error", "hold")

NO_CONNECTION = [
    both("refused", "does not listen: the connection is refused, each time",
         tried_in_vain(UNREACHABLE), place="nobody"),
    both("no-address", "has a name that nobody knows", tried_in_vain(UNREACHABLE),
         place="nowhere"),
    both("mute", "takes the connection, and says nothing to the TLS greeting",
         tried_again(refused(504, "server_error connect_timeout", received=0)),
         door=doors.say_nothing, hasty=True),
    both("tls-broken-off", "resets the connection within the TLS handshake",
         tried_again(UNREACHABLE),
         door=doors.reset),
    both("tls-plain-http", "speaks plain HTTP at its TLS port", tried_elsewhere(NO_TLS),
         door=doors.speak_plainly),
    both("tls-wrong-name", "shows a certificate for another host", tried_elsewhere(NO_TLS),
         place="wrong name"),
    both("tls-expired", "shows a certificate that has expired", tried_elsewhere(NO_TLS),
         place="expired"),
    both("tls-self-signed", "shows a certificate that it has signed itself",
         tried_elsewhere(NO_TLS), place="self-signed"),
]

BEFORE_THE_BODY = [
    both("reset-before-head", "takes the request and resets the connection", tried_again(CUT),
         faults.hang_up()),
    both("closed-before-head", "takes the request and closes the connection in good order",
         tried_again(CUT), wire.end_of_connection()),
    both("half-a-head", "breaks off within the head of its answer", tried_again(CUT_IN_ANSWER),
         wire.begun(b"HTTP/1.1 200 OK\r\ncontent-ty", faults.hang_up())),
    both("not-http", "answers in something that is not HTTP", tried_again(NOT_HTTP),
         faults.not_http()),
    both("not-http-binary", "answers in bytes of every value", tried_again(NOT_HTTP),
         faults.not_http(bytes(range(256)))),
    both("endless-head", "answers with a header whose line never ends",
         tried_again(NOT_HTTP_IN_ANSWER),
         wire.endless_head()),
    both("hint-then-reset", "says 103 Early Hints, and resets the connection", tried_again(CUT),
         wire.begun(b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n", faults.hang_up())),
    both("hint-then-silence", "says 103 Early Hints, and then nothing",
         tried_again(SLOW),
         wire.begun(b"HTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n", wire.silence()), hasty=True),
    both("slow-head", "does not answer in time",
         tried_again(SLOW), wire.silence(),
         hasty=True),
    both("head-then-silence", "sends the head of its answer, and then nothing",
         tried_again(SLOW),
         timing.head_then_silence(), hasty=True),
    both("reset-after-head", "sends the head of its answer, and resets the connection",
         tried_again(CUT_IN_ANSWER), wire.reset_after_head()),
    both("two-lengths", "says two things of its answer's length",
         tried_again(NOT_HTTP_IN_ANSWER), wire.two_lengths([*WORDS])),
    both("redirect", "sends the host to another address (307)", tried_again(NOT_HTTP),
         faults.redirect("https://127.0.0.1:1/v1/chat/completions")),
]

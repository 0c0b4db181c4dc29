"""The kernel's questions about watched calls, and our answers (seccomp_unotify(2))."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import struct

import msgspec

# The ioctls SECCOMP_IOCTL_NOTIF_RECV, _SEND and _SET_FLAGS, and their structures.
_RECEIVE, _SEND, _SET_FLAGS = 0xC0502100, 0xC0182101, 0x40082104
_NOTICE = struct.Struct("=QIIiIQ6Q")  # struct seccomp_notif
_ANSWER = struct.Struct("=QqiI")  # struct seccomp_notif_resp
_CONTINUE = 1
DONE = -1  # an answer: the call is not made, and the program is told that it was
_SYNC_WAKE_UP = 1


class Notice(msgspec.Struct, frozen=True):
    """A watched call that waits: the question's id, the caller's thread, the call's number."""

    identity: int
    thread: int
    number: int
    arguments: tuple[int, ...]


def take_turns(listener: int) -> None:
    """Let asker and supervisor share a core while one waits for the other: thrice as fast."""
    with contextlib.suppress(OSError):  # Linux before 6.6 does not know it.
        fcntl.ioctl(listener, _SET_FLAGS, _SYNC_WAKE_UP)


def receive(listener: int) -> Notice | None:
    """The next question; None where the asker was killed meanwhile."""
    buffer = bytearray(_NOTICE.size)
    try:
        fcntl.ioctl(listener, _RECEIVE, buffer)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.EINTR):
            return None
        raise
    identity, thread, _, number, _, _, *arguments = _NOTICE.unpack(buffer)
    return Notice(identity, thread, number, tuple(arguments))


def reply(listener: int, identity: int, error: int) -> None:
    """Let the call go on (0), have it fail with an error number, or be taken for done (`DONE`)."""
    answer = bytearray(_ANSWER.pack(identity, 0, -max(error, 0), 0 if error else _CONTINUE))
    try:
        fcntl.ioctl(listener, _SEND, answer)
    except OSError as failure:
        if failure.errno != errno.ENOENT:
            raise

"""Receives the kernel's notices of watched calls and answers them (seccomp_unotify(2))."""

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
DONE = -1  # an answer: the call is not made, but the program is told that it succeeded
_SYNC_WAKE_UP = 1


class Notice(msgspec.Struct, frozen=True):
    """A waiting call: the notice's id, the caller's thread, the call's number and arguments."""

    identity: int
    thread: int
    number: int
    arguments: tuple[int, ...]


def take_turns(listener: int) -> None:
    """Let program and supervisor share a core while one waits for the other: three times faster."""
    with contextlib.suppress(OSError):  # Linux before 6.6 does not know it.
        fcntl.ioctl(listener, _SET_FLAGS, _SYNC_WAKE_UP)


def receive(listener: int) -> Notice | None:
    """The next notice; None if the caller was killed meanwhile."""
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
    """Allow the call (0), make it fail with an error number, or report success (`DONE`)."""
    answer = bytearray(_ANSWER.pack(identity, 0, -max(error, 0), 0 if error else _CONTINUE))
    try:
        fcntl.ioctl(listener, _SEND, answer)
    except OSError as failure:
        if failure.errno != errno.ENOENT:
            raise

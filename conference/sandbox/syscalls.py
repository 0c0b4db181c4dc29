"""Which system calls are watched or refused, and the kernel's filter program for them.

The filter is classic BPF for seccomp(2). A watched call stops its thread and asks the supervisor
(seccomp_unotify(2)), which records the attempt and allows or refuses it. Namespaces and mounts give
the protection; the watch makes attempts visible. It refuses reliably only calls that are judged by
the values of their arguments (sockets, signals, limits, mounts).
"""

from __future__ import annotations

import platform
import struct

# Numbers from the kernel's asm/unistd_64.h and asm-generic/unistd.h.
_X86_64 = {
    "open": 2, "socket": 41, "connect": 42, "clone": 56, "fork": 57, "vfork": 58, "kill": 62,
    "truncate": 76, "rename": 82, "mkdir": 83, "rmdir": 84, "creat": 85, "link": 86, "unlink": 87,
    "symlink": 88, "chmod": 90, "fchmod": 91, "chown": 92, "lchown": 94, "ptrace": 101,
    "mknod": 133, "chroot": 161, "pivot_root": 155, "setrlimit": 160, "mount": 165, "umount2": 166,
    "tgkill": 234, "tkill": 200, "unshare": 272, "openat": 257, "mkdirat": 258, "mknodat": 259,
    "fchownat": 260, "unlinkat": 263, "renameat": 264, "linkat": 265, "symlinkat": 266,
    "fchmodat": 268, "prlimit64": 302, "setns": 308, "renameat2": 316, "bpf": 321,
    "process_vm_readv": 310, "process_vm_writev": 311, "memfd_create": 319, "userfaultfd": 323,
    "io_uring_setup": 425, "openat2": 437, "clone3": 435, "shmget": 29, "msgget": 68,
    "keyctl": 250, "add_key": 248, "request_key": 249, "perf_event_open": 298, "init_module": 175,
    "finit_module": 313, "kexec_load": 246, "reboot": 169, "swapon": 167, "pidfd_getfd": 438,
    "memfd_secret": 447, "fchmodat2": 452, "open_tree": 428, "move_mount": 429, "fsopen": 430,
    "mount_setattr": 442, "pidfd_send_signal": 424, "rt_sigqueueinfo": 129,
    "open_by_handle_at": 304, "ftruncate": 77, "fallocate": 285, "bind": 49, "utime": 132,
    "utimes": 235, "futimesat": 261, "utimensat": 280, "setxattr": 188, "lsetxattr": 189,
    "fsetxattr": 190, "removexattr": 197, "lremovexattr": 198, "fremovexattr": 199,
    "setxattrat": 463, "removexattrat": 466, "fchown": 93, "setpriority": 141,
    "sched_setscheduler": 144, "sched_setattr": 314, "semget": 64, "mq_open": 240,
    "rt_tgsigqueueinfo": 297, "sethostname": 170, "setdomainname": 171, "settimeofday": 164,
    "clock_settime": 227, "adjtimex": 159, "clock_adjtime": 305, "iopl": 172, "ioperm": 173,
    "acct": 163, "delete_module": 176, "swapoff": 168, "kexec_file_load": 320, "quotactl": 179,
    "vhangup": 153, "syslog": 103, "fsconfig": 431, "fsmount": 432, "fspick": 433,
    "process_madvise": 440, "kcmp": 312, "fcntl": 72, "ioctl": 16, "prctl": 157, "seccomp": 317,
    "inotify_init": 253, "inotify_init1": 294, "fanotify_init": 300, "io_setup": 206,
    "file_setattr": 469, "open_tree_attr": 467, "ioprio_set": 251, "sched_setaffinity": 203,
    "sched_setparam": 142, "migrate_pages": 256, "move_pages": 279, "socketpair": 53, "flock": 73,
    "setuid": 105, "setgid": 106, "setreuid": 113, "setregid": 114, "setgroups": 116,
    "setresuid": 117, "setresgid": 119, "setfsuid": 122, "setfsgid": 123, "capset": 126,
    "quotactl_fd": 443, "lsm_set_self_attr": 460,
}  # fmt: skip
_AARCH64 = {
    "socket": 198, "connect": 203, "clone": 220, "kill": 129, "truncate": 45, "fchmod": 52,
    "ptrace": 117, "chroot": 51, "pivot_root": 41, "setrlimit": 164, "mount": 40, "umount2": 39,
    "tgkill": 131, "tkill": 130, "unshare": 97, "openat": 56, "mkdirat": 34, "mknodat": 33,
    "fchownat": 54, "unlinkat": 35, "renameat": 38, "linkat": 37, "symlinkat": 36, "fchmodat": 53,
    "prlimit64": 261, "setns": 268, "renameat2": 276, "bpf": 280, "process_vm_readv": 270,
    "process_vm_writev": 271, "memfd_create": 279, "userfaultfd": 282, "io_uring_setup": 425,
    "openat2": 437, "clone3": 435, "shmget": 194, "msgget": 186, "keyctl": 219, "add_key": 217,
    "request_key": 218, "perf_event_open": 241, "init_module": 105, "finit_module": 273,
    "kexec_load": 104, "reboot": 142, "swapon": 224, "pidfd_getfd": 438, "memfd_secret": 447,
    "fchmodat2": 452, "open_tree": 428, "move_mount": 429, "fsopen": 430, "mount_setattr": 442,
    "pidfd_send_signal": 424, "rt_sigqueueinfo": 138, "open_by_handle_at": 265, "ftruncate": 46,
    "fallocate": 47, "bind": 200, "utimensat": 88, "setxattr": 5, "lsetxattr": 6, "fsetxattr": 7,
    "removexattr": 14, "lremovexattr": 15, "fremovexattr": 16, "setxattrat": 463,
    "removexattrat": 466, "fchown": 55, "setpriority": 140, "sched_setscheduler": 119,
    "sched_setattr": 274, "semget": 190, "mq_open": 180, "rt_tgsigqueueinfo": 240,
    "sethostname": 161, "setdomainname": 162, "settimeofday": 170, "clock_settime": 112,
    "adjtimex": 171, "clock_adjtime": 266, "acct": 89, "delete_module": 106, "swapoff": 225,
    "kexec_file_load": 294, "quotactl": 60, "vhangup": 58, "syslog": 116, "fsconfig": 431,
    "fsmount": 432, "fspick": 433, "process_madvise": 440, "kcmp": 272, "fcntl": 25, "ioctl": 29,
    "prctl": 167, "seccomp": 277, "inotify_init1": 26, "fanotify_init": 262, "io_setup": 0,
    "file_setattr": 469, "open_tree_attr": 467, "ioprio_set": 30, "sched_setaffinity": 122,
    "sched_setparam": 118, "migrate_pages": 238, "move_pages": 239, "socketpair": 199, "flock": 32,
    "setuid": 146, "setgid": 144, "setreuid": 145, "setregid": 143, "setgroups": 159,
    "setresuid": 147, "setresgid": 149, "setfsuid": 151, "setfsgid": 152, "capset": 91,
    "quotactl_fd": 443, "lsm_set_self_attr": 460,
}  # fmt: skip
_MACHINES = {"x86_64": (_X86_64, 0xC000003E), "aarch64": (_AARCH64, 0xC00000B7)}

# Answered "no such call": libraries then use the older call, whose arguments can be judged.
_OLDER_INSTEAD = ("clone3", "openat2")
# Also absent, and recorded by the watch: calls that hold memory that no process shows as its own,
# calls that use resources that the host's user has few of, and calls that would bypass the watch
# (as the program's own filter would) or the kernel's accounting.
HIDDEN_MEMORY = ("memfd_create", "memfd_secret", "shmget", "msgget", "semget", "mq_open")
SCARCE = ("inotify_init", "inotify_init1", "fanotify_init", "io_setup")
AROUND = (
    "seccomp", "io_uring_setup", "userfaultfd", "keyctl", "add_key", "request_key",
    "perf_event_open",
)  # fmt: skip

# Watched only for these values of an argument, because honest programs make the calls constantly:
# F_SETOWN, F_SETOWN_EX, FIOSETOWN and SIOCSPGRP make anybody the owner of a descriptor's signals;
# F_SETLEASE makes others wait to open a file, F_NOTIFY reveals what they do in a folder, and the
# locks F_SETLK, F_SETLKW, F_OFD_SETLK and F_OFD_SETLKW block them; FS_IOC_SETFLAGS (also for 32
# bits), FS_IOC_FSSETXATTR, FS_IOC_SETVERSION, FIFREEZE and FITHAW change a file or its file system
# through a read-only handle; PR_SET_SECCOMP loads a filter, PR_SET_SECUREBITS, PR_SET_MM and
# PR_CAP_AMBIENT ask for privileges, PR_SET_SYSCALL_USER_DISPATCH intercepts calls; a pair of
# datagram sockets, with any of its flags, can write to others.
_DATAGRAMS = tuple(2 | flags for flags in (0, 0x800, 0x80000, 0x80800))
BY_ARGUMENT: dict[str, tuple[int, tuple[int, ...]]] = {
    "fcntl": (1, (6, 7, 8, 15, 37, 38, 1024, 1026)),
    "ioctl": (1, (
        0x8901, 0x8902, 0x40086602, 0x40046602, 0x401C5820, 0x40087602, 0xC0045877, 0xC0045878,
    )),
    "prctl": (0, (22, 28, 35, 47, 59)),
    "socketpair": (1, _DATAGRAMS),
}  # fmt: skip

# For isolated programs, signals are watched only if they go to process 1 or to all: a watched call
# can be interrupted by a signal, which programs do not expect of these calls.
_SIGNALS: dict[str, tuple[int, tuple[int, ...]]] = dict.fromkeys(
    ("kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"), (0, (1, 0xFFFFFFFF))
)

_ALLOW, _NOTIFY, _KILL = 0x7FFF0000, 0x7FC00000, 0x80000000
_ENOSYS = 0x00050000 | 38
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
# Offsets in `seccomp_data`; of an argument the low half, which comes first, is loaded.
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_X32 = 0x40000000  # the x86-64 kernel's second call table, which would slip past the numbers


def table() -> dict[int, str]:
    """Number to name of the calls in the filter; empty on unsupported processors."""
    numbers, _ = _MACHINES.get(platform.machine(), ({}, 0))
    return {number: name for name, number in numbers.items()}


def number(name: str) -> int | None:
    """The number of a call on this processor; None if there is none."""
    return _MACHINES.get(platform.machine(), ({}, 0))[0].get(name)


def filter_program(*, watch: bool, isolated: bool = True) -> bytes:
    """The filter as packed `sock_filter` records (8 bytes each); empty on unsupported processors.

    Without `watch` the filter only makes calls absent and leaves the rest to namespaces and limits.
    `isolated` programs can signal no foreign process except process 1.
    """
    if platform.machine() not in _MACHINES:
        return b""
    numbers, architecture = _MACHINES[platform.machine()]
    without = _OLDER_INSTEAD if watch else (*_OLDER_INSTEAD, *HIDDEN_MEMORY, *SCARCE, *AROUND)
    absent = [numbers[name] for name in without if name in numbers]
    by_argument = BY_ARGUMENT | (_SIGNALS if isolated else {})
    others = set(numbers) - set(without) - set(by_argument)
    watched = sorted(numbers[name] for name in others) if watch else []
    # Layout: checks, then ALLOW, NOTIFY, ENOSYS, KILL; a jump is the number of records to skip. If
    # a check holds it jumps to an end ("" for none); otherwise it skips some records.
    checks: list[tuple[int, int, str, int]] = [(_AT_LEAST, _X32, "kill", 0)]
    checks += [(_EQUAL, value, "absent", 0) for value in absent]
    checks += [(_EQUAL, value, "notify", 0) for value in watched]
    for name, (argument, values) in by_argument.items() if watch else ():
        place = _ARGUMENTS + 8 * argument
        checks += [(_EQUAL, numbers[name], "", len(values) + 2), (_LOAD, place, "", 0)]
        checks += [(_EQUAL, value, "notify", 0) for value in values]
        checks.append((_LOAD, _NUMBER, "", 0))
    ends = {"allow": 0, "notify": 1, "absent": 2, "kill": 3}
    program = [struct.pack("=HBBI", _LOAD, 0, 0, _ARCHITECTURE)]
    program.append(struct.pack("=HBBI", _EQUAL, 0, len(checks) + 1 + ends["kill"], architecture))
    program.append(struct.pack("=HBBI", _LOAD, 0, 0, _NUMBER))
    for index, (test, value, end, skip) in enumerate(checks):
        jump = len(checks) - index - 1 + ends[end] if end else 0
        program.append(struct.pack("=HBBI", test, jump, skip, value))
    for answer in (_ALLOW, _NOTIFY, _ENOSYS, _KILL):
        program.append(struct.pack("=HBBI", _RETURN, 0, 0, answer))
    return b"".join(program)

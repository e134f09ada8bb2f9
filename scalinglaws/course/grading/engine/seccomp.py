"""seccomp: the kernel refuses system calls that no exercise needs and that are known from sandbox
escapes.

The filter is a program of classic BPF, as seccomp(2) describes; its return values are those of
linux/seccomp.h. The numbers of the system calls are those of asm/unistd_64.h (x86_64) and
asm-generic/unistd.h (aarch64), which syscalls(2) lists.
"""

import ctypes
import platform
import struct

from .linux import check, libc

_Line = tuple[int, int, int, int]  # of the program: code, jump if true, jump if false, value
_PR_SET_SECCOMP, _CLONE_NEWCGROUP = 22, 0x02000000

_DENIED = {  # name: (x86_64, aarch64)
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "open_by_handle_at": (304, 265),
    "memfd_create": (319, 279),
    "shmget": (29, 194),
    "msgget": (68, 186),
    "semget": (64, 190),
    "mq_open": (240, 180),
    "personality": (135, 92),
    "quotactl": (179, 60),
    "kexec_load": (246, 104),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "fsopen": (430, 430),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "mount_setattr": (442, 442),
    "pidfd_getfd": (438, 438),
    "vmsplice": (278, 75),
    "syslog": (103, 116),
    "memfd_secret": (447, 447),
    "kcmp": (312, 272),
    "sched_setaffinity": (203, 122),  # the session decides on which core a submission runs
}
# Allowed only for the calling process (0), because a value set for another process can be read
# there. The second number is the argument with the target.
_OF_ONESELF = {
    "prlimit64": ((302, 261), 0),
    "sched_setparam": ((142, 118), 0),
    "sched_setscheduler": ((144, 119), 0),
    "sched_setattr": ((314, 274), 0),
    "setpriority": ((141, 140), 1),
    "ioprio_set": ((251, 30), 1),
}
_CLONE, _CLONE3, _SOCKET = (56, 220), (435, 435), (41, 198)
# Only socket families that a network namespace isolates (unix, IPv4, IPv6, netlink): a vsock
# reaches the host.
_FAMILIES = (1, 2, 10, 16)
_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}


def refuse(namespaces: int) -> None:
    """Install the filter. On other processors there are only the namespaces and Landlock.

    namespaces: flags of clone(2) that are refused. Raises OSError.
    """
    if platform.machine() not in _ARCHITECTURES:
        return
    audit, column = _ARCHITECTURES[platform.machine()]
    allow, refuse, kill = 0x7FFF0000, 0x00050000 | 1, 0x80000000  # EPERM
    unsupported = 0x00050000 | 97  # EAFNOSUPPORT
    unknown = 0x00050000 | 38  # ENOSYS: the C library then uses clone, whose flags can be read

    def load(offset: int) -> _Line:
        return (0x20, 0, 0, offset)

    def if_equal(value: int, then: int, otherwise: int) -> _Line:
        return (0x15, then, otherwise, value)

    program = [load(4), if_equal(audit, 1, 0), (0x06, 0, 0, kill), load(0)]
    if column == 0:  # the x32 calls have their own numbers
        program += [(0x35, 0, 1, 0x40000000), (0x06, 0, 0, kill)]
    for numbers in _DENIED.values():
        program += [if_equal(numbers[column], 0, 1), (0x06, 0, 0, refuse)]
    for numbers, argument in _OF_ONESELF.values():
        program += [if_equal(numbers[column], 0, 4), load(16 + 8 * argument)]
        program += [if_equal(0, 1, 0), (0x06, 0, 0, refuse), load(0)]
    program += [if_equal(_CLONE3[column], 0, 1), (0x06, 0, 0, unknown)]
    families = [if_equal(f, len(_FAMILIES) - i, 0) for i, f in enumerate(_FAMILIES)]
    program += [if_equal(_SOCKET[column], 0, len(families) + 2), load(16), *families]
    program += [(0x06, 0, 0, unsupported)]
    program += [
        if_equal(_CLONE[column], 0, 3),
        load(16),
        (0x45, 0, 1, namespaces | _CLONE_NEWCGROUP),
    ]
    program += [(0x06, 0, 0, refuse), (0x06, 0, 0, allow)]
    code = b"".join(struct.pack("<HBBI", *line) for line in program)
    buffer = ctypes.create_string_buffer(code, len(code))
    filter_ = struct.pack("<HxxxxxxQ", len(program), ctypes.addressof(buffer))
    pointer = ctypes.create_string_buffer(filter_, len(filter_))
    check(
        libc().prctl(
            _PR_SET_SECCOMP, ctypes.c_ulong(2), ctypes.c_ulong(ctypes.addressof(pointer)), 0, 0
        ),
        "seccomp",
    )

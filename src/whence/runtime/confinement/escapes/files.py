"""Attempts on files: to read, write, change or find what lies outside of the scratch folder."""

from __future__ import annotations

import ctypes
import os
import stat
from pathlib import Path

from whence.runtime.confinement.escapes.attempt import Group, Targets
from whence.runtime.confinement.kernel import call

files = Group("files")

AT_FDCWD = -100
MAX_HANDLE = 128


def _read(path: str | Path) -> str:
    with Path(path).open("rb") as file:
        return f"{len(file.read(64))} bytes of {path}"


@files
def read_the_password_file(_: Targets) -> str:
    return _read("/etc/passwd")


@files
def read_the_shadow_file(_: Targets) -> str:
    return _read("/etc/shadow")


@files
def read_a_secret_of_the_host(targets: Targets) -> str:
    return _read(targets.secret)


@files
def read_a_secret_relative_to_the_root_folder(targets: Targets) -> str:
    root = os.open("/", os.O_PATH)
    try:
        os.close(os.open(targets.secret.lstrip("/"), os.O_RDONLY, dir_fd=root))
    finally:
        os.close(root)
    return "an open secret"


@files
def read_a_secret_through_many_parents(targets: Targets) -> str:
    return _read("../" * 40 + targets.secret.lstrip("/"))


@files
def read_a_secret_through_a_path_handle(targets: Targets) -> str:
    handle = os.open(targets.secret, os.O_PATH)
    try:
        return _read(f"/proc/self/fd/{handle}")
    finally:
        os.close(handle)


@files
def read_a_secret_by_openat2(targets: Targets) -> str:
    how = (ctypes.c_uint64 * 3)(os.O_RDONLY, 0, 0)
    os.close(call("openat2", AT_FDCWD, targets.secret.encode(), ctypes.byref(how), 24))
    return "an open secret"


@files
def name_a_secret_by_its_handle(targets: Targets) -> str:
    handle = (ctypes.c_uint32 * (2 + MAX_HANDLE // 4))(MAX_HANDLE)
    mount = ctypes.c_int()
    call(
        "name_to_handle_at",
        AT_FDCWD,
        targets.secret.encode(),
        ctypes.byref(handle),
        ctypes.byref(mount),
        0,
    )
    return "the handle of a file outside"


files.reaches("open a file by a made up handle", "open_by_handle_at", -1, None, 0)


@files
def list_the_homes(_: Targets) -> str | None:
    for home in ("/home", "/root"):
        if Path(home).is_dir():
            return f"{len(os.listdir(home))} names in {home}"  # noqa: PTH208 - as attacking code would
    return None


@files
def list_the_root_folder(_: Targets) -> str:
    return f"{len(os.listdir('/'))} names in /"  # noqa: PTH208


@files
def list_the_folder_of_the_secret(targets: Targets) -> str:
    return f"{len(os.listdir(targets.outside))} names"  # noqa: PTH208


@files
def read_the_own_environment_in_proc(_: Targets) -> str:
    return _read("/proc/self/environ")


@files
def read_the_environment_of_process_one(_: Targets) -> str:
    return _read("/proc/1/environ")


@files
def read_the_environment_of_the_parent(_: Targets) -> str:
    return _read(f"/proc/{os.getppid()}/environ")


@files
def read_the_environment_of_the_host(targets: Targets) -> str:
    return _read(f"/proc/{targets.host}/environ")


@files
def read_the_command_line_of_the_host(targets: Targets) -> str:
    return _read(f"/proc/{targets.host}/cmdline")


@files
def follow_the_links_of_the_host_in_proc(targets: Targets) -> str:
    return f"it works in {os.readlink(f'/proc/{targets.host}/cwd')}"  # noqa: PTH115 - no path is wanted


@files
def follow_the_links_of_the_parent_in_proc(_: Targets) -> str:
    return f"it runs {os.readlink(f'/proc/{os.getppid()}/exe')}"  # noqa: PTH115 - no path is wanted


@files
def list_the_processes(_: Targets) -> str:
    return f"{len(os.listdir('/proc'))} names in /proc"  # noqa: PTH208


@files
def read_the_network_cards(_: Targets) -> str:
    return f"{os.listdir('/sys/class/net')}"  # noqa: PTH208


@files
def read_the_settings_of_the_kernel(_: Targets) -> str:
    return _read("/proc/sys/kernel/osrelease")


@files
def write_a_file_outside(targets: Targets) -> str:
    Path(targets.outside, "written").write_bytes(b"x")
    return "a file outside"


@files
def write_a_file_in_tmp(_: Targets) -> str:
    path = Path(f"/tmp/whence-escape-{os.getpid()}")  # noqa: S108 - it must not be there
    path.write_bytes(b"x")
    path.unlink()
    return "a file in /tmp"


@files
def write_a_file_in_shared_memory(_: Targets) -> str:
    path = Path(f"/dev/shm/whence-escape-{os.getpid()}")  # noqa: S108
    path.write_bytes(b"x")
    path.unlink()
    return "a file in /dev/shm"


@files
def append_to_a_file_outside(targets: Targets) -> str:
    with Path(targets.expendable).open("ab") as file:
        file.write(b"x")
    return "a longer file"


@files
def truncate_a_file_outside_by_its_path(targets: Targets) -> str:
    os.truncate(targets.expendable, 1)
    return "a shorter file"


@files
def truncate_a_file_outside_by_opening_it_to_read(targets: Targets) -> str:
    os.close(os.open(targets.expendable, os.O_RDONLY | os.O_TRUNC))
    return "an empty file"


@files
def rename_a_file_outside(targets: Targets) -> str:
    moved = f"{targets.expendable}.moved"
    os.rename(targets.expendable, moved)  # noqa: PTH104
    os.rename(moved, targets.expendable)  # noqa: PTH104
    return "another name"


@files
def move_a_file_from_outside_into_the_scratch_folder(targets: Targets) -> str:
    os.rename(targets.expendable, "mine")  # noqa: PTH104
    os.rename("mine", targets.expendable)  # noqa: PTH104
    return "the file"


@files
def move_a_file_of_the_scratch_folder_outside(targets: Targets) -> str:
    Path("gift").write_bytes(b"x")
    os.rename("gift", Path(targets.outside, "gift"))  # noqa: PTH104
    return "a file outside"


@files
def delete_a_file_outside(targets: Targets) -> str:
    content = b"expendable"
    Path(targets.expendable).unlink()
    Path(targets.expendable).write_bytes(content)
    return "one file less"


@files
def make_a_folder_outside(targets: Targets) -> str:
    folder = Path(targets.outside, "made")
    folder.mkdir()
    folder.rmdir()
    return "a folder outside"


@files
def read_a_secret_through_a_symbolic_link(targets: Targets) -> str:
    link = Path("link")
    link.symlink_to(targets.secret)
    try:
        return _read(link)
    finally:
        link.unlink()


@files
def leave_a_symbolic_link_for_the_host(targets: Targets) -> str:
    link = Path("trap")
    link.symlink_to(targets.secret)
    link.unlink()
    return "a link in the scratch folder"


@files
def read_a_secret_through_a_hard_link(targets: Targets) -> str:
    link = Path("hard")
    link.hardlink_to(targets.secret)
    try:
        return _read(link)
    finally:
        link.unlink()


@files
def make_a_device(_: Targets) -> str:
    os.mknod("device", 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    Path("device").unlink()
    return "a device in the scratch folder"


@files
def make_a_named_pipe(_: Targets) -> str:
    os.mkfifo("pipe")
    Path("pipe").unlink()
    return "a named pipe in the scratch folder"


@files
def change_the_mode_of_a_file_outside(targets: Targets) -> str | None:
    before = os.stat(targets.expendable).st_mode  # noqa: PTH116
    os.chmod(targets.expendable, before ^ 0o020)  # noqa: PTH101
    changed = os.stat(targets.expendable).st_mode != before  # noqa: PTH116
    return "another mode" if changed else None


@files
def set_the_mode_of_the_standard_library(_: Targets) -> str | None:
    # It may be read, hence opened. The mode is set to what it is; that it was set shows in another time.
    with Path(os.__file__).open("rb") as file:
        before = os.fstat(file.fileno())
        os.fchmod(file.fileno(), stat.S_IMODE(before.st_mode))
        after = os.fstat(file.fileno())
    return "the mode was set" if after.st_ctime_ns != before.st_ctime_ns else None


@files
def change_the_times_of_a_file_outside(targets: Targets) -> str | None:
    moment = os.stat(targets.expendable).st_mtime_ns // 2  # noqa: PTH116
    os.utime(targets.expendable, ns=(moment, moment))
    return "other times" if os.stat(targets.expendable).st_mtime_ns == moment else None  # noqa: PTH116


@files
def change_the_owner_of_a_file_outside(targets: Targets) -> str:
    os.chown(targets.expendable, os.getuid(), -1)
    return "the owner could be set"


@files
def set_an_attribute_of_a_file_outside(targets: Targets) -> str:
    os.setxattr(targets.expendable, "user.whence", b"x")
    return "an attribute"


@files
def open_the_standard_library_to_write(_: Targets) -> str:
    os.close(os.open(os.__file__, os.O_WRONLY))
    return "the standard library, open to be written"


@files
def open_our_own_source_to_write(_: Targets) -> str:
    os.close(os.open(__file__, os.O_WRONLY))
    return "our source, open to be written"


@files
def read_the_scratch_folder_of_another(targets: Targets) -> str:
    return _read(Path.cwd().parent / targets.neighbour / "secret")


@files
def write_into_the_scratch_folder_of_another(targets: Targets) -> str:
    Path(Path.cwd().parent, targets.neighbour, "planted").write_bytes(b"x")
    return "a file planted"


@files
def list_the_scratch_folders(_: Targets) -> str:
    return f"{len(os.listdir('..'))} names"  # noqa: PTH208


@files
def open_a_disk(_: Targets) -> str | None:
    for name in ("vda", "sda", "nvme0n1", "xvda", "mapper/control", "mem", "kmsg", "ptmx"):
        device = Path("/dev", name)
        if device.exists():
            os.close(os.open(device, os.O_RDONLY))
            return f"{device} open"
    return None


@files
def open_the_source_of_zeros(_: Targets) -> str:
    # Mapped and shared, it would be memory that no limit counts.
    os.close(os.open("/dev/zero", os.O_RDWR))
    return "/dev/zero open"

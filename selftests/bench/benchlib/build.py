# SPDX-License-Identifier: GPL-2.0-only
"""Builds what the bench runs: plugin, guest program, VMM, initramfs."""

import lzma
import os
import stat
import subprocess

BENCH = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
GUEST = os.path.join(os.path.dirname(BENCH), "guest")
INCLUDE = os.path.join(BENCH, "include")
WARN = ["-Wall", "-Wextra", "-Werror"]


def command(*argv):
    subprocess.run(argv, check=True)


def plugin(out, hostcc):
    so = os.path.join(out, "count.so")
    command(hostcc, "-O2", *WARN, "-shared", "-fPIC", "-fvisibility=hidden",
            "-I", INCLUDE, "-o", so, os.path.join(BENCH, "plugin", "count.c"))
    return so


def guest(out, cross):
    """Return the flat program, and the addresses of its global symbols."""
    script = os.path.join(out, "guest.lds")
    elf = os.path.join(out, "guest.elf")
    flat = os.path.join(out, "guest.bin")
    command(cross + "cpp", "-P", "-D__ASSEMBLER__", "-imacros",
            os.path.join(INCLUDE, "bench.h"), "-o", script,
            os.path.join(GUEST, "bench.lds"))
    command(cross + "gcc", "-nostdlib", "-static", "-no-pie",
            "-mabi=lp64", "-march=rv64ima_zicsr_zifencei", "-I", INCLUDE,
            "-Wl,--build-id=none,--no-warn-rwx-segments", "-Wl,-T," + script,
            "-o", elf, os.path.join(GUEST, "bench.S"))
    command(cross + "objcopy", "-O", "binary", elf, flat)
    table = subprocess.run([cross + "nm", "-g", elf], check=True,
                           capture_output=True, text=True).stdout
    symbols = {name: int(address, 16) for address, _, name in
               map(str.split, table.splitlines())}
    return flat, symbols


def vmm(out, cross, flat):
    exe = os.path.join(out, "vmm")
    sources = [os.path.join(BENCH, "vmm", name)
               for name in ("main.c", "events.c", "threads.c", "msi.c", "vm.c",
                            "aia.c", "fdt.c", "linux.c", "program.S")]
    command(cross + "gcc", "-O2", *WARN, "-static", "-pthread", "-I", INCLUDE,
            f'-DGUEST_PROGRAM="{flat}"', "-o", exe, *sources)
    return exe


def guest_initramfs(out, cross):
    """Return the initramfs of the Linux guest, a program and nothing else."""
    exe = os.path.join(out, "guest_init")
    command(cross + "gcc", "-O2", *WARN, "-static", "-s", "-o", exe,
            os.path.join(BENCH, "vmm", "guest_init.c"))
    archive = Cpio()
    archive.add("dev", stat.S_IFDIR | 0o755)
    with open(exe, "rb") as f:
        archive.add("init", stat.S_IFREG | 0o755, f.read())
    return archive.finish()


def read_module(path):
    with open(path, "rb") as f:
        data = f.read()
    return lzma.decompress(data) if path.endswith(".xz") else data


class Cpio:
    """A newc archive, the same bytes for the same content."""

    def __init__(self):
        self.data = bytearray()
        self.ino = 0

    def add(self, name, mode, content=b"", rdev=(0, 0)):
        self.ino += 1
        fields = (self.ino, mode, 0, 0, 1, 0, len(content), 0, 0, *rdev,
                  len(name) + 1, 0)
        self.data += b"070701" + b"".join(b"%08x" % f for f in fields)
        self.data += name.encode() + b"\0"
        self.pad()
        self.data += content
        self.pad()

    def pad(self):
        self.data += bytes(-len(self.data) % 4)

    def finish(self):
        self.add("TRAILER!!!", 0)
        return bytes(self.data)


def initramfs(path, exe, module, kernel, guest):
    """What the host is made of; @guest is the initramfs of its Linux guest."""
    archive = Cpio()
    archive.add("dev", stat.S_IFDIR | 0o755)
    archive.add("dev/console", stat.S_IFCHR | 0o600, rdev=(5, 1))
    with open(exe, "rb") as f:
        archive.add("init", stat.S_IFREG | 0o755, f.read())
    archive.add("kvm.ko", stat.S_IFREG | 0o644, read_module(module))
    archive.add("guest", stat.S_IFDIR | 0o755)
    archive.add("guest/initrd", stat.S_IFREG | 0o644, guest)
    with open(kernel, "rb") as f:
        archive.add("guest/Image", stat.S_IFREG | 0o644, f.read())
    with open(path, "wb") as f:
        f.write(archive.finish())

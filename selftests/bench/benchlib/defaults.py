# SPDX-License-Identifier: GPL-2.0-only
"""Where the checkout's own scripts put what the bench takes."""

import os
import subprocess
import sys

from . import build

TOP = os.path.dirname(os.path.dirname(build.BENCH))
SCRIPTS = os.path.join(TOP, "scripts")
PATHS = ("stock", "ours", "kernel", "firmware")


def inside():
    """Start this program again in the tool root, unless it is there."""
    if "KVM_COVE_INSIDE" not in os.environ:
        enter = os.path.join(SCRIPTS, "enter")
        os.execv(enter, [enter, os.path.abspath(sys.argv[0]), *sys.argv[1:]])


def kernel_release(debian):
    with open(os.path.join(debian, "versions"), encoding="ascii") as f:
        for line in f:
            key, value = line.split(maxsplit=1)
            if key == "kernel-release":
                return value.strip()
    raise FileNotFoundError(f"no kernel-release in {debian}/versions")


def fill(opts):
    """Fetch and build what no option names; make modules comes before."""
    inside()
    for script in ("fetch", "firmware"):
        subprocess.run([os.path.join(SCRIPTS, script)], check=True)
    cache = os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache"))
    debian = os.path.join(cache, "kvm-cove-riscv", "debian")
    release = kernel_release(debian)
    kernel = os.path.join(debian, "kernel")
    paths = {
        "stock": f"{kernel}/usr/lib/modules/{release}"
                 "/kernel/arch/riscv/kvm/kvm.ko.xz",
        "kernel": f"{kernel}/boot/vmlinux-{release}",
        "ours": f"{TOP}/build/module/kvm.ko",
        "firmware": f"{TOP}/build/firmware/fw_dynamic.bin",
    }
    for name in PATHS:
        if not getattr(opts, name):
            setattr(opts, name, paths[name])

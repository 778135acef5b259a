# SPDX-License-Identifier: GPL-2.0-only
"""One run of the measured machine, under QEMU with the counting plugin."""

import json
import os
import select
import socket
import subprocess
import time

COMPLETE = "bench: complete"
OPERATOR = "bench: waiting for the operator"
CHECKED = "bench: event check_exec"


class RunError(Exception):
    """The run ended early; the message says how."""


class Monitor:
    """QMP, for the two switches that only the human monitor has."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(path)
        self.stream = self.sock.makefile("rw")
        self.stream.readline()
        self.execute("qmp_capabilities")

    def execute(self, name, **arguments):
        request = {"execute": name, "arguments": arguments}
        self.stream.write(json.dumps(request) + "\n")
        self.stream.flush()
        while True:
            reply = json.loads(self.stream.readline())
            if "error" in reply:
                raise RunError(f"QMP {name}: {reply['error']['desc']}")
            if "return" in reply:
                return

    def human(self, line):
        self.execute("human-monitor-command", **{"command-line": line})


def command_line(opts, out, plugin, initramfs, environment, trace, harts):
    loaded = f"{plugin},out={out}/samples.tsv"
    if trace:
        loaded += f",trace={trace}"
    append = "console=ttyS0 quiet nokaslr panic=-1 " + environment
    # QEMU 10.0 counts all harts of one thread as one (gen_cpu_index()).
    timing = (["-accel", "tcg,thread=multi"] if harts > 1 else
              ["-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off",
               "-seed", "1", "-rtc", "clock=vm,base=2026-01-01"])
    argv = [opts.qemu, "-machine", opts.machine, "-cpu", opts.cpu,
            "-smp", str(harts), "-m", "2G", *timing,
            "-nographic", "-no-reboot", "-nodefaults",
            "-serial", "stdio",
            "-qmp", f"unix:{out}/qmp,server=on,wait=off",
            "-D", f"{out}/exec.log", "-plugin", loaded,
            "-kernel", opts.kernel, "-initrd", initramfs, "-append", append]
    if opts.firmware:
        argv += ["-bios", opts.firmware]
    return argv


def cross_check_on(monitor):
    monitor.human("one-insn-per-tb on")
    monitor.human("log exec,nochain")


def cross_check_off(monitor):
    monitor.human("log none")
    monitor.human("one-insn-per-tb off")


def serial_lines(qemu, log, deadline):
    """Yield the serial lines; raise when time is up."""
    pending = b""
    fd = qemu.stdout.fileno()
    while True:
        left = deadline - time.monotonic()
        if left <= 0:
            raise RunError("time is up")
        if not select.select([fd], [], [], left)[0]:
            continue
        data = os.read(fd, 65536)
        if not data:
            return
        log.write(data)
        log.flush()
        *lines, pending = (pending + data).split(b"\n")
        for line in lines:
            yield line.decode(errors="replace").strip()


def converse(qemu, out, log, deadline):
    lines = []
    monitor = None
    for line in serial_lines(qemu, log, deadline):
        lines.append(line)
        if line == OPERATOR:
            monitor = Monitor(f"{out}/qmp")
            cross_check_on(monitor)
            qemu.stdin.write(b"\n")
            qemu.stdin.flush()
        elif line.startswith(CHECKED) and monitor:
            cross_check_off(monitor)
    ours = [line for line in lines if line.startswith("bench: ")]
    if COMPLETE not in lines:
        last = ours[-1] if ours else "no word from the bench"
        raise RunError(f"the machine stopped too early ({last})")
    return ours


def run(opts, out, plugin, initramfs, environment="", trace=0, harts=1):
    """Boot, run the events on one module; return the bench's own lines."""
    os.makedirs(out, exist_ok=True)
    argv = command_line(opts, out, plugin, initramfs, environment, trace,
                        harts)
    deadline = time.monotonic() + opts.timeout
    with open(f"{out}/serial.log", "wb") as log:
        qemu = subprocess.Popen(argv, stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT)
        try:
            return converse(qemu, out, log, deadline)
        except RunError as error:
            raise RunError(f"{error}; serial log: {out}/serial.log") from None
        finally:
            try:
                qemu.wait(10 if qemu.poll() is None else 0)
            except subprocess.TimeoutExpired:
                qemu.kill()
                qemu.wait()

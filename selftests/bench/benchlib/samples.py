# SPDX-License-Identifier: GPL-2.0-only
"""What the plugin counted, and whether it can be believed."""

import re
from collections import Counter, defaultdict
from typing import NamedTuple

from . import events

KINDS = ("insns", "csr_reads", "csr_writes", "fences", "barriers")
MODES = ("m", "hs", "u", "guest")
WARM_UP = 64        # windows, or a quarter of them if there are fewer
OFTEN = 4           # a count of one in so many windows is no accident


class CheckError(Exception):
    """A count isn't what it must be: no figure of this run is worth a thing."""


class Sample(NamedTuple):
    exits: int
    faults: int
    modes: dict         # mode -> kind -> count

    def host(self, kind):
        """All that isn't the guest's own."""
        return sum(self.modes[m][kind] for m in MODES if m != "guest")

    def figures_of_host(self):
        return (self.exits, self.faults, *map(self.host, KINDS))

    def figures(self, units):
        row = {kind: self.host(kind) for kind in KINDS}
        row["exits"] = self.exits
        row["faults"] = self.faults
        return {kind: n / units if n % units else n // units
                for kind, n in row.items()}


class Samples:
    """All windows of one run, by event name."""

    def __init__(self, path, units, repeats=True):
        self.units = units          # event -> its units, where the VMM says
        self.windows = defaultdict(list)
        self.trace = []
        names = {n: name for name, n in events.numbers().items()}
        ended = False
        with open(path, encoding="ascii") as f:
            for line in f:
                tag, *fields = line.rstrip("\n").split("\t")
                if tag == "sample":
                    self.add(names[int(fields[0])], map(int, fields[2:]))
                elif tag == "trace":
                    self.trace.append((int(fields[0], 16), int(fields[1], 16)))
                elif tag == "error":
                    raise CheckError(f"plugin: {' '.join(fields)}")
                ended = tag == "end"
        if not ended:
            raise CheckError(f"{path} is cut short")
        self.varying = set() if repeats else set(self.windows)

    def add(self, name, values):
        exits, faults, *counts = values
        modes = {mode: dict(zip(KINDS, counts[i * len(KINDS):]))
                 for i, mode in enumerate(MODES)}
        self.windows[name].append(Sample(exits, faults, modes))

    def add_events(self, other):
        """What @other has and this one has not, measured on another machine."""
        for name, windows in other.windows.items():
            if name not in self.windows:
                self.windows[name] = windows
                self.varying |= other.varying & {name}
        self.units.update(other.units)

    def warm(self, name):
        """The windows but the first ones, by length"""
        windows = self.windows.get(name, [])
        return sorted(windows[min(WARM_UP, len(windows) // 4):],
                      key=lambda s: s.host("insns"))

    def typical(self, name):
        """
        The median window once warm; of an event that goes differently each
        time the most frequent one, if there is one. None if it wasn't run.
        """
        warm = self.warm(name)
        if not warm:
            return None
        return self.frequent(name) or warm[(len(warm) - 1) // 2]

    def frequent(self, name):
        """The most frequent window; None where all are the same, or none is."""
        if name not in self.varying:
            return None
        warm = self.warm(name)
        counts = Counter(s.figures_of_host() for s in warm)
        figures, times = counts.most_common(1)[0]
        if times * OFTEN < len(warm):
            return None
        return next(s for s in warm if s.figures_of_host() == figures)

    def steady(self, name):
        """Is the typical window more than the middle of many different ones?"""
        return name not in self.varying or bool(self.frequent(name))


def expect(what, value, wanted):
    if value != wanted:
        raise CheckError(f"{what}: counted {value}, must be {wanted}")


def check_known(samples):
    """Code of known length and content in the guest."""
    loops = events.constant("CHECK_LOOPS")
    for name, wanted in (
            ("check_loop", (1 + 2 * loops, 0, 0, 0, 0)),
            ("check_csr", (13, 6, 7, 3, 1))):
        if not samples.windows[name]:
            raise CheckError(f"{name} wasn't run")
        for sample in samples.windows[name]:
            expect(name, tuple(sample.modes["guest"].values()), wanted)
        expect(f"{name}, host's part", samples.typical(name).host("insns"), 0)


TRACE = re.compile(r"Trace \d+: \S+ \[[0-9a-f]+/([0-9a-f]+)/")
STOPPED = "Stopped execution of TB chain before"


def exec_log_counts(path, begin, end):
    """Blocks of one instruction executed between two PCs, window by window."""
    count = None
    with open(path, encoding="ascii", errors="replace") as f:
        for line in f:
            match = TRACE.match(line)
            if not match:
                if line.startswith(STOPPED) and count is not None:
                    count -= 1
                continue
            pc = int(match.group(1), 16)
            if pc == begin:
                count = 0
            elif pc == end and count is not None:
                yield count
                count = None
            elif count is not None:
                count += 1


def check_exec_log(samples, path, symbols):
    """QEMU's own log of the same windows, an independent count."""
    logged = list(exec_log_counts(path, symbols["check_exec_begin"],
                                  symbols["check_exec_end"]))
    counted = [s.host("insns") + s.modes["guest"]["insns"]
               for s in samples.windows["check_exec"]]
    if not counted:
        raise CheckError("check_exec wasn't run")
    expect("check_exec against the execution log", counted, logged)
    return len(logged)


def check_same(first, second):
    """Two runs of the same module; check_exec has an operator in one."""
    for name, windows in first.windows.items():
        if name not in first.varying | {"check_exec"} and \
                windows != second.windows.get(name):
            raise CheckError(f"{name}: two runs differ")


def join(first, second):
    """Two runs become one, of events that go differently each time."""
    for name in first.varying:
        first.windows[name] = [
            sample for pair in zip(first.windows[name], second.windows[name])
            for sample in pair]


def check_control(stock, ours):
    expect("host_syscall under ours, against stock",
           ours.typical("host_syscall").figures_of_host(),
           stock.typical("host_syscall").figures_of_host())

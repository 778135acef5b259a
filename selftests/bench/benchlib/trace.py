# SPDX-License-Identifier: GPL-2.0-only
"""Where the instructions of one event go, function by function."""

import bisect
import re
from collections import defaultdict
from itertools import groupby

CSR_NAMES = {
    0x001: "fflags", 0x002: "frm", 0x003: "fcsr", 0x008: "vstart",
    0x00f: "vcsr", 0x100: "sstatus", 0x104: "sie", 0x105: "stvec",
    0x106: "scounteren", 0x10a: "senvcfg", 0x10c: "sstateen0",
    0x140: "sscratch", 0x141: "sepc", 0x142: "scause", 0x143: "stval",
    0x144: "sip", 0x14d: "stimecmp", 0x150: "siselect", 0x151: "sireg",
    0x15c: "stopei", 0x180: "satp", 0x200: "vsstatus", 0x204: "vsie",
    0x205: "vstvec", 0x240: "vsscratch", 0x241: "vsepc", 0x242: "vscause",
    0x243: "vstval", 0x244: "vsip", 0x24d: "vstimecmp", 0x250: "vsiselect",
    0x251: "vsireg", 0x25c: "vstopei", 0x280: "vsatp", 0x600: "hstatus",
    0x602: "hedeleg", 0x603: "hideleg", 0x604: "hie", 0x605: "htimedelta",
    0x606: "hcounteren", 0x607: "hgeie", 0x608: "hvien", 0x609: "hvictl",
    0x60a: "henvcfg", 0x60c: "hstateen0", 0x643: "htval", 0x644: "hip",
    0x645: "hvip", 0x646: "hviprio1", 0x647: "hviprio2", 0x64a: "htinst",
    0x680: "hgatp", 0xc00: "cycle", 0xc01: "time", 0xc02: "instret",
    0xc20: "vl", 0xc21: "vtype", 0xc22: "vlenb", 0xdb0: "stopi",
    0xe12: "hgeip",
}
CSR_OPS = {1: "csrrw", 2: "csrrs", 3: "csrrc",
           5: "csrrwi", 6: "csrrsi", 7: "csrrci"}


class Symbols:
    """Text symbols of kernel and module, as the bench printed them."""

    LINE = re.compile(r"^([0-9a-f]{16}) (\S+)$")

    def __init__(self, serial_log):
        found = []
        with open(serial_log, encoding="ascii", errors="replace") as f:
            for match in filter(None, map(self.LINE.match, f)):
                found.append((int(match.group(1), 16), match.group(2)))
        found.sort()
        self.addresses = [address for address, _ in found]
        self.names = [name for _, name in found]

    def lookup(self, pc):
        """Function name and offset."""
        if not pc >> 63:
            return ("[user]", 0) if pc < 1 << 31 else ("[firmware]", 0)
        i = bisect.bisect_right(self.addresses, pc) - 1
        return self.names[i], pc - self.addresses[i]


def csr_access(opcode):
    """A CSR instruction spelt out, or None."""
    funct3 = opcode >> 12 & 7
    if opcode & 0x7f != 0x73 or funct3 not in CSR_OPS:
        return None
    number = opcode >> 20
    rd, rs1 = opcode >> 7 & 31, opcode >> 15 & 31
    what = "".join((
        "r" if funct3 & 3 != 1 or rd else "",
        "w" if funct3 & 3 == 1 or rs1 else ""))
    return f"{CSR_NAMES.get(number, hex(number))}({what})"


def histogram(trace, symbols):
    """[(function, instructions, [CSR accesses])], the dearest first."""
    count = defaultdict(int)
    csrs = defaultdict(list)
    for pc, opcode in trace:
        name, _ = symbols.lookup(pc)
        count[name] += 1
        access = csr_access(opcode)
        if access:
            csrs[name].append(access)
    return [(name, n, csrs[name]) for name, n in
            sorted(count.items(), key=lambda item: (-item[1], item[0]))]


def write_sequence(trace, symbols, path):
    """The window as it ran: a line for each stretch within one function."""
    with open(path, "w", encoding="ascii") as f:
        where = ((*symbols.lookup(pc), pc, opcode) for pc, opcode in trace)
        for name, stretch in groupby(where, key=lambda w: w[0]):
            stretch = list(stretch)
            accesses = [csr_access(w[3]) for w in stretch]
            f.write(f"{stretch[0][2]:016x} {name}+{stretch[0][1]:#x} "
                    f"{len(stretch)} {' '.join(filter(None, accesses))}\n")


def report(side, trace, symbols):
    print(f"\n{side}: {len(trace)} host instructions in the shortest window")
    for name, n, csrs in histogram(trace, symbols):
        print(f"{n:7}  {name:40} {' '.join(csrs)}".rstrip())

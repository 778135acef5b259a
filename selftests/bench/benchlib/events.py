# SPDX-License-Identifier: GPL-2.0-only
"""The events: titles, units and targets; numbers come from bench.h."""

import os
import re
from fractions import Fraction
from typing import NamedTuple, Optional

from . import build


class Target(NamedTuple):
    """@metric of ours is at most @limit, or @limit times stock's."""
    metric: str
    limit: float
    relative: bool = False

    def met(self, ours, stock):
        limit = self.limit * stock[self.metric] if self.relative else self.limit
        return ours[self.metric] <= limit

    def __str__(self):
        times = " x stock" if self.relative else ""
        what = "" if self.metric == "insns" else f" {self.metric}"
        return f"<= {Fraction(self.limit)}{times}{what}"


class Event(NamedTuple):
    key: str
    title: str
    units: Optional[int] = 1        # events in a window; None: the VMM says
    target: Optional[Target] = None
    harts: int = 1                  # of the machine it is run on


def insns(limit):
    return Target("insns", limit)


# On each machine, ahead of its events
CHECKS = ("check_loop", "check_csr", "host_syscall")
HARTS = (1, 2)

EVENTS = (
    Event("host_syscall", "getppid, no KVM in it (control)"),
    Event("run_immediate_exit", "KVM_RUN with immediate_exit"),
    Event("sbi_base", "SBI BASE get_spec_version", 1, insns(420)),
    Event("sbi_set_timer", "SBI TIME set_timer", 1, insns(420)),
    Event("sbi_hsm_status", "SBI HSM hart_get_status", 1, insns(420)),
    Event("sbi_ipi_self", "SBI IPI to self, interrupt taken", 1, insns(550)),
    Event("sbi_ipi_other", "SBI IPI to one other hart, sender", 1, insns(550)),
    Event("sbi_rfence_self", "SBI RFENCE sfence.vma, 1 hart", 1, insns(700)),
    Event("sbi_rfence_all", "SBI RFENCE sfence.vma, all of 4 harts"),
    Event("sbi_user", "SBI vendor call to user space and back"),
    Event("wfi_pending", "WFI that traps, interrupt pending", 1, insns(450)),
    Event("wfi_pending_notrap", "WFI as the module likes, interrupt pending"),
    Event("wfi_timer", "WFI that traps, woken by its timer"),
    Event("wfi_timer_notrap", "WFI as the module likes, woken by its timer"),
    Event("csr_user", "CSR (seed) to user space and back"),
    Event("ioeventfd", "ioeventfd store", 1, insns(800)),
    Event("mmio_store", "MMIO store to user space and back", 1, insns(2400)),
    Event("mmio_load", "MMIO load from user space", 1, insns(2400)),
    Event("fault_resident", "4K fault, page resident", 1, insns(2200)),
    Event("fault_absent", "4K fault, page absent"),
    Event("fault_dirty", "4K write fault of dirty logging"),
    Event("fault_huge", "2M fault, page resident"),
    Event("touch_4k", "touch resident memory, per 4K", 64,
          Target("exits", 1 / 8)),
    Event("touch_thp", "touch THP-backed memory, per 4K", 512,
          Target("exits", 1 / 512)),
    Event("guest_timer", "guest timer interrupt, Sstc", 1,
          Target("exits", 0)),
    Event("vcpu_alternate", "MMIO exit, 2 vCPUs by turns, per exit", 2,
          Target("csr_writes", 0.5, relative=True)),
    Event("vcpu_pingpong", "2 vCPUs on a CPU: IPI, WFI, switch", 2),
    Event("imsic_self_file", "IMSIC IPI to self, guest file, taken", 1,
          Target("exits", 0)),
    Event("imsic_self_sw", "IMSIC IPI to self, software file, taken"),
    Event("sbi_ipi_run", "SBI IPI, both run, until taken", harts=2),
    Event("imsic_ipi_file", "IMSIC IPI, guest files, both run, until taken", 1,
          Target("exits", 0), harts=2),
    Event("imsic_ipi_sw", "IMSIC IPI, software files, both run, until taken",
          harts=2),
    Event("msi_file", "KVM_SIGNAL_MSI, guest file, until taken", 1,
          Target("exits", 0), harts=2),
    Event("msi_sw", "KVM_SIGNAL_MSI, software file, until taken", harts=2),
    Event("irqfd_file", "irqfd with MSI, guest file, until taken", 1,
          Target("exits", 0), harts=2),
    Event("irqfd_sw", "irqfd with MSI, software file, until taken", harts=2),
    Event("vm_cycle", "VM created, run for an exit, destroyed"),
    Event("linux_boot", "Linux guest, boot to power-off"),
    Event("linux_boot", "Linux guest, per MiB of its memory", None,
          Target("faults", 1 / 2)),
)


def numbers():
    """Event name, lower case -> number, for all EV_ in bench.h."""
    with open(os.path.join(build.INCLUDE, "bench.h"), encoding="ascii") as f:
        found = re.findall(r"^#define EV_(\w+)\s+(\d+)$", f.read(), re.M)
    return {name.lower(): int(number) for name, number in found}


def on_machine(harts, wanted=None):
    """The events that a machine with @harts runs, of those in @wanted."""
    return list(dict.fromkeys(
        event.key for event in EVENTS
        if event.harts == harts and (not wanted or event.key in wanted)))


def harts_of(name):
    return next((e.harts for e in EVENTS if e.key == name), 1)


def constant(name):
    """The value of a plain #define in bench.h."""
    with open(os.path.join(build.INCLUDE, "bench.h"), encoding="ascii") as f:
        return int(re.search(rf"^#define {name}\s+(\w+)", f.read(),
                             re.M).group(1), 0)

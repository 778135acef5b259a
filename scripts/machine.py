# SPDX-License-Identifier: GPL-2.0-only
"""The host: a riscv64 machine with the H extension, in QEMU.

A machine boots our firmware, Debian's kernel and the root disk that
scripts/image made; scripts/host/init is the other end of what is done here.
It runs one job, and everything about the job is below build/run/NAME:

    serial.log   the machine's console
    output.log   what the job printed
    job/         the directory shared with the machine
"""

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent
TOP = SCRIPTS.parent
BUILD = TOP / 'build'

# The kernel that machines run, as scripts/lib.sh has it.
BASE = '6.12'
KERNEL = os.environ.get('KERNEL') or BASE
MODULE = BUILD / ('module' if KERNEL == BASE else f'module-{KERNEL}') / 'kvm.ko'

# What the kernel prints when something is wrong, whatever else it does.
TROUBLE = re.compile(
    r'WARNING:|\bBUG\b|\bOops\b|Unable to handle kernel|Kernel panic|'
    r'percpu IRQ \d+ still enabled|detected stalls|soft lockup|'
    r'blocked for more than|Bad page state|'
    r'unregister_netdevice|leaked|Call Trace')

# The stock module leaves its interrupt enabled when it is unloaded.
TROUBLE_OF_STOCK = re.compile(
    r'percpu IRQ \d+ still enabled|WARNING: .*__free_percpu_irq')


class Trouble(Exception):
    """A sentence for the user."""


def inside():
    """Start this program again in the tool root, unless it is there."""
    if 'KVM_COVE_INSIDE' not in os.environ:
        os.execv(SCRIPTS / 'enter', [str(SCRIPTS / 'enter'), *sys.argv])


def build_id_of(module):
    """What tells the loaded module from any other: the linker's hash of it."""
    notes = subprocess.run(['readelf', '-n', module], check=True, text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    match = re.search(r'Build ID: ([0-9a-f]{40})', notes)
    if not match:
        raise Trouble(f'{module} has no build id')
    return match[1]


@dataclass
class Machine:
    name: str
    kvm: str = 'ours'                   # "ours", "stock" or "none"
    cpu: str = 'rva23s64,pmp=on,sv48=on'
    smp: int = 2
    memory: str = '4G'
    machine: str = 'virt,aia=aplic-imsic,aia-guests=5'
    timeout: int = 600
    append: str = ''
    edit_dtb: str = ''                  # a filter for the device tree's source
    qemu_args: list = field(default_factory=list)
    packages: str = ''                  # a set of scripts/fetch, for /packages

    def __post_init__(self):
        self.dir = BUILD / 'run' / self.name
        self.job = self.dir / 'job'

    def prepare(self, command, mode='batch'):
        """Lay out the job's directory.  @command is a shell script."""
        shutil.rmtree(self.dir, ignore_errors=True)
        self.job.mkdir(parents=True)
        build_id = ''
        if self.kvm == 'ours':
            if not MODULE.exists():
                raise Trouble(f'{MODULE} is missing: run make modules first')
            shutil.copy(MODULE, self.job)
            build_id = build_id_of(MODULE)
        (self.job / 'settings').write_text(
            f'KVM={self.kvm}\nMODE={mode}\nBUILD_ID={build_id}\n')
        (self.job / 'command').write_text(command + '\n')

    def command_line(self, serial):
        """QEMU's argument list; @serial is where the console goes."""
        subprocess.run([SCRIPTS / 'firmware'], check=True)
        image = subprocess.run([SCRIPTS / 'image'], check=True, text=True,
                               stdout=subprocess.PIPE).stdout.strip()
        base = ['qemu-system-riscv64', '-machine', self.machine, '-cpu', self.cpu,
                '-smp', str(self.smp), '-m', self.memory, '-display', 'none',
                '-bios', f'{BUILD}/firmware/fw_dynamic.bin']
        dtb = self._dtb(base) if self.edit_dtb else []
        return base + dtb + [
            '-no-reboot', '-echr', '0x1d', *serial,
            '-kernel', f'{image}/kernel', '-initrd', f'{image}/initrd.gz',
            '-append', 'console=ttyS0 oops=panic panic=-1 watchdog_thresh=60 '
                       f'rcupdate.rcu_cpu_stall_timeout=120 {self.append}',
            '-drive', f'file={image}/root.ext4,format=raw,if=none,id=root,snapshot=on',
            '-device', 'virtio-blk-pci,drive=root',
            '-device', 'virtio-rng-pci',
            '-virtfs', f'local,path={TOP},mount_tag=src,security_model=none,readonly=on',
            '-virtfs', f'local,path={self.job},mount_tag=job,security_model=none',
            *self._packages(),
            '-chardev', f'file,id=job,path={self.dir}/output.log',
            '-device', 'virtio-serial-pci',
            '-device', 'virtserialport,chardev=job,name=job',
            *self.qemu_args]

    def _packages(self):
        """The further packages, unpacked, as one more shared directory."""
        if not self.packages:
            return []
        root = subprocess.run([SCRIPTS / 'fetch', self.packages], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.strip()
        return ['-virtfs', f'local,path={root},mount_tag=packages,security_model=none,readonly=on']

    def _dtb(self, base):
        """The machine's own device tree, passed through the filter."""
        dtb = self.dir / 'machine.dtb'
        quiet = {'check': True, 'stdout': subprocess.DEVNULL, 'stderr': subprocess.DEVNULL}
        dump = [f'{arg},dumpdtb={dtb}' if arg == self.machine else arg for arg in base]
        subprocess.run(dump, **quiet)
        subprocess.run(f'dtc -q -I dtb -O dts {dtb} | {self.edit_dtb} | '
                       f'dtc -q -I dts -O dtb -o {dtb}.new -',
                       shell=True, check=True, cwd=TOP)
        os.replace(f'{dtb}.new', dtb)
        return ['-dtb', str(dtb)]

    def run(self, command, follow=None):
        """Boot, run @command, power off.  @follow gets its output live."""
        self.prepare(command)
        args = self.command_line(['-serial', f'file:{self.dir}/serial.log',
                                  '-monitor', 'none'])
        return self._watch(args, follow)

    def result(self):
        """What a console session left behind."""
        return Result(self, 0)

    def _watch(self, args, follow):
        started = time.monotonic()
        seen = 0
        with open(self.dir / 'qemu.log', 'wb') as log:
            qemu = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=log,
                                    stderr=subprocess.STDOUT)
        try:
            while qemu.poll() is None:
                time.sleep(0.2)
                if follow:
                    seen = self._follow(seen, follow)
                if time.monotonic() - started > self.timeout:
                    qemu.kill()
                    qemu.wait()
                    return Result(self, time.monotonic() - started, timed_out=True)
        finally:
            if qemu.poll() is None:
                qemu.kill()
                qemu.wait()
        if follow:
            self._follow(seen, follow)
        return Result(self, time.monotonic() - started)

    def _follow(self, seen, follow):
        try:
            with open(self.dir / 'output.log', 'rb') as file:
                file.seek(seen)
                data = file.read()
        except FileNotFoundError:
            return seen
        if data:
            follow(data.decode(errors='replace'))
        return seen + len(data)


class Result:
    """What came back from a machine."""

    def __init__(self, machine, seconds, timed_out=False):
        self.machine = machine
        self.seconds = seconds
        self.timed_out = timed_out
        self.output = self._read('output.log')
        self.serial = self._read('serial.log')
        self.status = self._read('job/status').strip()
        self.load = self._read('job/load').strip()
        self.unload = self._read('job/unload').strip()
        self.dmesg = self._read('job/dmesg')

    def _read(self, name):
        try:
            return (self.machine.dir / name).read_text(errors='replace')
        except FileNotFoundError:
            return ''

    def trouble(self):
        """Lines of the kernel's log that must not be there."""
        lines = (self.dmesg or self.serial).splitlines()
        lines = [line for line in lines if TROUBLE.search(line)]
        if self.machine.kvm == 'stock':
            lines = [line for line in lines if not TROUBLE_OF_STOCK.search(line)
                     and 'Call Trace' not in line]
        return lines

    def verdicts(self):
        """(what, why it is wrong or '') for the machine itself."""
        if self.timed_out:
            died = f'the time limit of {self.machine.timeout} s'
        else:
            died = '' if self.dmesg else 'the machine stopped without powering off'
            if not self.serial and not self.dmesg:
                died = self._read('qemu.log').strip() or died
        missing = 'the machine did not come that far'
        wrong = []
        if self.machine.kvm != 'none':
            wrong.append(('load KVM', '' if self.load == 'ok' else self.load or missing))
        wrong.append(('run to the end', died))
        if self.machine.kvm != 'none':
            wrong.append(('unload KVM', '' if self.unload == 'ok' else self.unload or missing))
        wrong.append(('clean kernel log', '\n'.join(self.trouble()[:10])))
        return wrong

#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Take the hypervisor extension from one hart of a device tree's source.

usage: without_h.py HART <in.dts >out.dts
"""

import re
import sys


def without_h(line):
    if 'riscv,isa-extensions' in line:
        # All that begins with "sh" builds on H, and goes with it.
        names = re.findall(r'"([^"]*)"', line)
        kept = [n for n in names if n != 'h' and not n.startswith('sh')]
        return 'riscv,isa-extensions = ' + ', '.join(f'"{n}"' for n in kept) + ';\n'
    if 'riscv,isa =' in line:
        base, _, rest = line.partition('_')
        kept = [n for n in rest.rstrip('";\n').split('_') if not n.startswith('sh')]
        return re.sub(r'h$', '', base) + ''.join(f'_{n}' for n in kept) + '";\n'
    return line


def main():
    node, edited = None, 0
    for line in sys.stdin:
        if match := re.match(r'\s*cpu@([0-9a-f]+) \{', line):
            node = int(match[1], 16)
        elif line.strip() == '};':
            node = None
        changed = without_h(line) if node == int(sys.argv[1]) else line
        edited += changed != line
        sys.stdout.write(changed)
    return 0 if edited else 'there is no such hart, or it has no H'


sys.exit(main())

# SPDX-License-Identifier: GPL-2.0-only
"""Reading of TAP and KTAP, strict enough to notice a test that died.

A stream is a plan ("1..N") and N result lines, in order.  A stream without a
plan, with another number of results than planned, or with a number out of
order, counts as one more failure.  Indented streams are subtests: the result
line of their parent is the summary of them and isn't counted again.
"""

import re
from dataclasses import dataclass, field

RESULT = re.compile(r'^( *)(not ok|ok)\b *(\d+)? *-? *(.*)$')
PLAN = re.compile(r'^( *)1\.\.(\d+)\b')
DIRECTIVE = re.compile(r'^(.*?) *#+ *(SKIP|TODO|XFAIL)\b:? *(.*)$', re.IGNORECASE)


@dataclass
class Test:
    name: str
    verdict: str                    # "ok", "not ok" or "skip"
    reason: str = ''
    output: list = field(default_factory=list)


@dataclass
class _Level:
    planned: int | None = None
    seen: int = 0
    fresh: int = 0                  # index of the first test of this level


def _verdict(word, text):
    """An "ok" with SKIP is a skip; "todo" and "xfail" excuse nothing."""
    directive = DIRECTIVE.match(text)
    if directive and directive[2].upper() == 'SKIP' and word == 'ok':
        return directive[1].strip(), 'skip', directive[3]
    if directive:
        text = directive[1]
    return text.strip(), word, ''


def parse(stream, name):
    """The list of tests in @stream (text); @name stands for the whole."""
    levels = {}
    tests, output = [], []

    def close(indent):
        """End the level of @indent, and say what was wrong with it."""
        level = levels.pop(indent)
        if level.planned is None:
            return 'has no plan'
        if level.planned != level.seen:
            return f'planned {level.planned} tests and ran {level.seen}'
        return ''

    def complain(why):
        tests.append(Test(name, 'not ok', why, output[-20:]))

    for line in stream.replace('\r', '').splitlines():
        plan, result = PLAN.match(line), RESULT.match(line)
        if not plan and not result:
            output.append(line)
            continue
        indent = len((plan or result)[1])
        inner = [i for i in levels if i > indent]
        problems = [close(i) for i in sorted(inner, reverse=True)]
        for why in filter(None, problems):
            complain('a subtest ' + why)
        level = levels.setdefault(indent, _Level(fresh=len(tests)))
        if plan:
            level.planned = int(plan[2])
            if level.planned == 0:
                tests.append(Test(name, 'skip', 'nothing planned'))
            continue
        level.seen += 1
        if result[3] and int(result[3]) != level.seen:
            complain(f'result {result[3]} comes after {level.seen - 1} results')
        text, verdict, reason = _verdict(result[2], result[4])
        if not inner or (verdict == 'not ok' and
                         all(t.verdict != 'not ok' for t in tests[level.fresh:])):
            tests.append(Test(f'{name}: {text}', verdict, reason, output[-40:]))
        level.fresh = len(tests)
        output = []

    if 0 not in levels:
        complain('gave no results')
    for indent in sorted(levels, reverse=True):
        why = close(indent)
        if why:
            complain(why)
    return tests


def count(tests):
    """How many of @tests passed, failed and were skipped."""
    verdicts = [t.verdict for t in tests]
    return verdicts.count('ok'), verdicts.count('not ok'), verdicts.count('skip')

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
SUBTEST = re.compile(r'^ *# Subtest: (.*)$')
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
    fresh: int = 0                  # number of tests after its last result


def _verdict(word, text):
    """An "ok" with SKIP is a skip; "todo" and "xfail" excuse nothing."""
    directive = DIRECTIVE.match(text)
    if directive and directive[2].upper() == 'SKIP' and word == 'ok':
        return directive[1].strip(), 'skip', directive[3]
    if directive:
        text = directive[1]
    return text.strip(), word, ''


class _Parser:
    def __init__(self, name):
        self.name = name
        self.levels = {}                # by indentation
        self.tests = []
        self.output = []                # since the last result
        self.subtest = ''

    def complain(self, why):
        self.tests.append(Test(self.name, 'not ok', why, self.output[-20:]))

    def close(self, indent):
        """End a level, and say what was wrong with it; returns its plan."""
        level = self.levels.pop(indent)
        what = f'subtest {self.subtest} ' if indent else ''
        if level.planned is None:
            self.complain(f'{what}has no plan')
        elif level.planned != level.seen:
            self.complain(f'{what}planned {level.planned} tests and ran {level.seen}')
        return level.planned

    def line(self, line):
        plan, result = PLAN.match(line), RESULT.match(line)
        if subtest := SUBTEST.match(line):
            self.subtest = subtest[1]
        elif not plan and not result:
            self.output.append(line)
        else:
            indent = len((plan or result)[1])
            inner = sorted((i for i in self.levels if i > indent), reverse=True)
            # A subtest that planned nothing is told by its parent alone.
            inner = [i for i in inner if self.close(i) != 0]
            level = self.levels.setdefault(indent, _Level(fresh=len(self.tests)))
            if plan:
                level.planned = int(plan[2])
            else:
                self.result(level, result, indent, inner)

    def result(self, level, match, indent, inner):
        level.seen += 1
        if match[3] and int(match[3]) != level.seen:
            self.complain(f'result {match[3]} comes after {level.seen - 1} results')
        text, verdict, reason = _verdict(match[2], match[4])
        failed_inside = any(t.verdict == 'not ok' for t in self.tests[level.fresh:])
        if not inner or (verdict == 'not ok' and not failed_inside):
            within = f'{self.subtest}: ' if indent else ''
            self.tests.append(Test(f'{self.name}: {within}{text}', verdict, reason,
                                   self.output[-40:]))
        level.fresh = len(self.tests)
        self.output = []


def parse(stream, name):
    """The list of tests in @stream (text); @name stands for the whole."""
    parser = _Parser(name)
    for line in stream.replace('\r', '').splitlines():
        parser.line(line)
    if 0 not in parser.levels:
        parser.complain('gave no results')
    for indent in sorted(parser.levels, reverse=True):
        if parser.close(indent) == 0 and not indent:
            parser.tests.append(Test(name, 'skip', 'nothing planned'))
    return parser.tests


def count(tests):
    """How many of @tests passed, failed and were skipped."""
    verdicts = [t.verdict for t in tests]
    return verdicts.count('ok'), verdicts.count('not ok'), verdicts.count('skip')

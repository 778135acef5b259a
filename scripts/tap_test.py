#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""What the TAP reader must notice, since all verdicts go through it."""

import unittest

import tap


def verdicts(stream):
    return [(t.name, t.verdict) for t in tap.parse(stream, 'm')]


class Parse(unittest.TestCase):
    def test_results(self):
        self.assertEqual(verdicts('1..2\nok 1 - a\nnot ok 2 - b\n'),
                         [('m: a', 'ok'), ('m: b', 'not ok')])

    def test_skip_keeps_its_reason(self):
        [test] = tap.parse('1..1\nok 1 - a # SKIP for a reason\n', 'm')
        self.assertEqual((test.name, test.verdict, test.reason),
                         ('m: a', 'skip', 'for a reason'))

    def test_failure_cannot_be_skipped(self):
        self.assertEqual(verdicts('1..1\nnot ok 1 - a # SKIP no\n'), [('m: a', 'not ok')])

    def test_silence_fails(self):
        self.assertEqual(verdicts('the kernel panicked\n'), [('m', 'not ok')])

    def test_missing_plan_fails(self):
        self.assertEqual(verdicts('ok 1 - a\n'), [('m: a', 'ok'), ('m', 'not ok')])

    def test_missing_result_fails(self):
        self.assertEqual(verdicts('1..2\nok 1 - a\n'), [('m: a', 'ok'), ('m', 'not ok')])

    def test_result_out_of_order_fails(self):
        self.assertEqual(verdicts('1..2\nok 2 - b\nok 2 - c\n'),
                         [('m', 'not ok'), ('m: b', 'ok'), ('m: c', 'ok')])

    def test_subtests_count_instead_of_their_summary(self):
        self.assertEqual(
            verdicts('1..1\n# Subtest: s\n    1..2\n    ok 1 - a\n    ok 2 - b\nok 1 - s\n'),
            [('m: s: a', 'ok'), ('m: s: b', 'ok')])

    def test_summary_that_fails_alone_counts(self):
        self.assertEqual(
            verdicts('1..1\n# Subtest: s\n    1..1\n    ok 1 - a\nnot ok 1 - s\n'),
            [('m: s: a', 'ok'), ('m: s', 'not ok')])

    def test_subtest_that_died(self):
        self.assertEqual(
            verdicts('1..1\n# Subtest: s\n    1..2\n    ok 1 - a\nok 1 - s\n'),
            [('m: s: a', 'ok'), ('m', 'not ok')])

    def test_subtest_skipped_as_a_whole(self):
        self.assertEqual(
            verdicts('1..1\n# Subtest: s\n    1..0 # SKIP\nok 1 - s # SKIP no PMU\n'),
            [('m: s', 'skip')])


if __name__ == '__main__':
    unittest.main()

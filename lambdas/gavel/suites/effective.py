"""Which generators a suite really has for a dataset."""

from __future__ import annotations

from dataclasses import replace

from gavel.suites.suite import Generator, Suite


def effective_suite(suite: Suite, *, source: str | None) -> Suite:
    """The suite with the generators really used: the answers' own source, where the suite leaves that to the dataset.

    `source` is the first one that the dataset's first record brings answers of, None when it brings none.
    """
    if source is not None and (suite.is_auto or not suite.generators):
        return replace(suite, generators=(Generator(name=source, source=source),))
    return suite

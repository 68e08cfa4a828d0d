"""Suites and price tables."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Final

from gavel.pricing.prices import load_prices
from gavel.problems import InvalidInputError
from gavel.suites.reach import Reach
from gavel.suites.suite import Suite, load_suite
from proofs.hostile_input.reader import BrokenPromiseError, Outcome, Reader, refused

_EXAMPLES: Final = Path(__file__).parents[2] / "examples" / "suites"
_REACH: Final = Reach(frozenset({"foundation-model", "inference-profile"}), "us-east-1", "123456789012")
_GATED: Final = b"""\
version: 1
generators: [{model: amazon.nova-lite-v1:0, name: lite, parameters: {max_tokens: 9, additional: {top_k: 5}}}]
judges: [{model: amazon.nova-pro-v1:0, name: pro}]
metrics: [Correctness, Refusal]
gates:
  - {metric: Correctness, min: 0.8, on: lower}
  - {metric: Refusal, max_rate: 0.1, above: 0.5}
  - {metric: Correctness, versus: baseline, max_drop: 0.03}
  - {min_coverage: 0.95}
  - {max_usd: 5}
sample: {size: 100, method: stratified, minimum_per_category: 3}
budget: {per_evaluation_usd: 5, basis: high}
"""
_PRICES: Final = b"""\
version: 1
sources: {here: a page}
models:
  - {model: "amazon.nova-micro-v1:0", input: 0.035, output: 0.14, source: here, as_of: 2026-10-05}
  - model: "amazon.nova-pro-v1:0"
    input: 0.80
    output: 3.20
    optimized: {input: 1, output: 4}
    geographic: {input: 1.1, output: 5.5}
"""
_YAML: Final = (
    *(text.encode() for text in (
        "&a", "*a", "!!python/object/apply:os.system", "!!binary", "!", "!<tag:yaml.org,2002:int>", "<<: *a", "---\n",
        "...\n", "%YAML 1.2\n", "%TAG ! tag:x,2000:\n", "? ", ": ", "- ", "|+9\n", ">-\n", "#", "'", '"', "{", "}", "[",
        "]", ",", "\t", "\n", "\n  ", "~", "null", "yes", "1:30:00", "0o17", "0x1F", ".inf", ".nan", "1e999", "-0",
        "2026-01-01", '"\\ud800"', '"\\UFFFFFFFF"', '"\\x00"', "\u0085", "\u2028", "\ufeff", "\u202e",
    )),
    b"\0", b"\xff", b"\xed\xa0\x80",
)  # fmt: skip
_KEYS: Final = tuple(f"{word}: ".encode() for word in (
    "version", "description", "generators", "judges", "metrics", "custom_judge", "dataset", "reuse", "sample",
    "budget", "gates", "model", "source", "answers", "name", "parameters", "latency", "max_tokens",
    "temperature", "top_p", "stop_sequences", "additional", "instructions", "scale", "definition", "value",
    "better", "responses", "max_prompt_bytes", "size", "method", "allocation", "minimum_per_category", "seed",
    "per_evaluation_usd", "per_month_usd", "basis", "metric", "generator", "judge", "category", "on", "min",
    "max", "versus", "max_drop", "min_gain", "below", "above", "label", "min_rate", "max_rate", "min_coverage",
    "max_usd", "sources", "input", "output", "optimized", "geographic", "as_of",
))  # fmt: skip


def read_suite(data: bytes) -> Outcome:
    """Read bytes as a suite."""
    try:
        suite = load_suite(data, name="mine", file="mine.yaml", reach=_REACH)
    except InvalidInputError as error:
        return refused(error)
    text = json.dumps(suite.to_json(), allow_nan=False)
    if Suite.from_json(json.loads(text)) != suite:
        raise BrokenPromiseError("a suite does not come back from the manifest as it went in")
    text.encode()
    return Outcome(1)


def read_prices(data: bytes) -> Outcome:
    """Read bytes as a price table."""
    try:
        table = load_prices(data, file="prices.yaml")
    except InvalidInputError as error:
        return refused(error)
    for row in table.rows.values():
        json.dumps([row.model, row.source, row.as_of, row.rate.input, row.rate.output], allow_nan=False).encode()
    return Outcome(1)


def suite_seeds() -> list[bytes]:
    """Every example, one with gates of every kind, and a suite as JSON."""
    examples = [file.read_bytes() for file in sorted(_EXAMPLES.glob("*.yaml"))]
    as_json = b'{"version": 1, "judges": [{"model": "amazon.nova-pro-v1:0"}]}'
    return [*(one for one in examples if len(one) <= SUITE.longest), _GATED, as_json]


def price_seeds() -> list[bytes]:
    """A small table, and the beginning of the one that Gavel brings."""
    table = resources.files("gavel.pricing").joinpath("price_table.yaml").read_bytes()
    rows = table[table.index(b"\nversion:") + 1 :].split(b"\n  # Anthropic")[0]
    return [_PRICES, rows]


SUITE: Final = Reader(
    name="suite", about="suite (YAML)", read=read_suite, seeds=suite_seeds, words=_YAML + _KEYS, longest=4096
)
PRICES: Final = Reader(
    name="prices", about="price table (YAML)", read=read_prices, seeds=price_seeds, words=_YAML + _KEYS, longest=2048
)

"""A suite: which models answer, which judge, on which metrics, and what a dataset has to bring.

The file is YAML that people write by hand, so everything wrong with it is told at once, each with line, field, reason
and remedy (`gavel.suites.reader`). What this page defines is the checked suite that the engine works with.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from importlib import resources
from typing import TYPE_CHECKING, Any, Final, Self

from gavel.datasets.limits import DEFAULT_MAX_PROMPT_BYTES
from gavel.gates.gate import Gate
from gavel.names.identities import DEFAULT_SUITE
from gavel.pricing.budget import Basis, Budget
from gavel.suites.custom_metrics import CustomMetric
from gavel.suites.models import ModelIdentifier, parse_model
from gavel.suites.parameters import Parameters
from gavel.suites.sample import Sample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gavel.metrics import Direction
    from gavel.suites.reach import Reach
    from gavel.suites.schema import JudgeSchema

DEFAULT_SUITE_FILE: Final = "default_suite.yaml"


class Latency(StrEnum):
    """Bedrock's `performanceConfig.latency`."""

    STANDARD = "standard"
    OPTIMIZED = "optimized"


class ResponseMode(StrEnum):
    """Where the answers come from: as the generators declare it, or from the dataset whenever it brings some."""

    DECLARED = "declared"
    AUTO = "auto"


@dataclass(frozen=True)
class Generator:
    """Who answers: a model that Bedrock calls, or a source whose answers are brought. One of them is set.

    A source's answers stand in the dataset, or in a file of their own whose name is `answers`.
    """

    name: str
    model: ModelIdentifier | None = None
    source: str | None = None
    answers: str | None = None
    parameters: Parameters = field(default_factory=Parameters)
    latency: Latency = Latency.STANDARD

    @property
    def is_source(self) -> bool:
        """Whether the dataset brings the answers."""
        return self.source is not None

    @property
    def identifier(self) -> str:
        """Model id or ARN, or the source's id: the `modelIdentifier` that Bedrock's results name."""
        return self.source if self.source is not None else str(self.model)

    def to_json(self) -> dict[str, Any]:
        """Canonical form for the manifest."""
        if self.source is not None:
            return {"name": self.name, "source": self.source, "answers": self.answers}
        return {
            "name": self.name,
            "model": self.identifier,
            "parameters": self.parameters.to_json(),
            "latency": self.latency.value,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The generator that `to_json` wrote."""
        if "source" in data:
            return cls(name=data["name"], source=data["source"], answers=data.get("answers"))
        return cls(
            name=data["name"],
            model=parse_model(data["model"]),
            parameters=Parameters.from_json(data.get("parameters", {})),
            latency=Latency(data.get("latency", Latency.STANDARD)),
        )


@dataclass(frozen=True)
class Judge:
    """A model that scores answers."""

    name: str
    model: ModelIdentifier

    def to_json(self) -> dict[str, Any]:
        """Canonical form for the manifest."""
        return {"name": self.name, "model": self.model.text}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The judge that `to_json` wrote."""
        return cls(name=data["name"], model=parse_model(data["model"]))


@dataclass(frozen=True)
class DatasetOptions:
    """What the suite asks of a dataset; `max_prompt_bytes` counts UTF-8 bytes."""

    responses: ResponseMode = ResponseMode.DECLARED
    max_prompt_bytes: int = DEFAULT_MAX_PROMPT_BYTES

    def to_json(self) -> dict[str, Any]:
        """Canonical form for the manifest."""
        return {"responses": self.responses.value, "max_prompt_bytes": self.max_prompt_bytes}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The options that `to_json` wrote."""
        return cls(responses=ResponseMode(data["responses"]), max_prompt_bytes=data["max_prompt_bytes"])


@dataclass(frozen=True)
class Suite:
    """A checked suite. `metrics` are API names (`Builtin.Refusal`); without generators the dataset brings answers.

    `custom_metrics` are those among them that the suite defines; with a `custom_judge` that one alone scores them. With
    `reuse` a job whose work an earlier evaluation's job has done gets those results instead of paying again.
    """

    name: str
    version: int
    description: str | None
    generators: tuple[Generator, ...]
    judges: tuple[Judge, ...]
    metrics: tuple[str, ...]
    dataset: DatasetOptions
    custom_metrics: tuple[CustomMetric, ...] = ()
    custom_judge: Judge | None = None
    reuse: bool = True
    sample: Sample | None = None
    budget: Budget = field(default_factory=Budget)
    gates: tuple[Gate, ...] = ()

    @property
    def is_auto(self) -> bool:
        """Whether a dataset that brings answers is judged on those, and any other is answered by the generators."""
        return self.dataset.responses is ResponseMode.AUTO

    def answers_in(self, *, generator: int, judge: int) -> bool:
        """Whether a generator answers in its jobs with that judge: a model does once, for the first judge."""
        return judge == 0 and not self.generators[generator].is_source

    @property
    def all_judges(self) -> tuple[Judge, ...]:
        """The judges, and after them the one that scores custom metrics alone, where there is one."""
        return self.judges if self.custom_judge is None else (*self.judges, self.custom_judge)

    def scored_in(self, judge: int) -> dict[str, int]:
        """The metrics that jobs with that judge score, each with the place in `all_judges` of who scores it.

        A job has one judge, and one more for custom metrics where the suite says so (the API's `customMetricConfig`).
        That one works in the jobs of the first judge alone, so that it is paid for once.
        """
        own = {metric.name for metric in self.custom_metrics}
        if self.custom_judge is None:
            return dict.fromkeys(self.metrics, judge)
        return {
            name: len(self.judges) if name in own else judge for name in self.metrics if judge == 0 or name not in own
        }

    def judge_names(self, judge: int) -> dict[str, str]:
        """The metrics that jobs with that judge score, each with the name of who scores it."""
        return {metric: self.all_judges[place].name for metric, place in self.scored_in(judge).items()}

    def judges_of(self, metric: str) -> list[str]:
        """The names of the judges that score a metric, in their order."""
        places = {self.scored_in(judge).get(metric) for judge in range(len(self.judges))}
        return [judge.name for place, judge in enumerate(self.all_judges) if place in places]

    @property
    def directions(self) -> dict[str, Direction]:
        """The directions of custom metrics."""
        return {metric.name: metric.direction for metric in self.custom_metrics}

    @property
    def ratings(self) -> dict[str, list[float]]:
        """The numbers on the scales of custom metrics; scales of labels are left out."""
        numbers = {
            metric.name: [rating.value for rating in metric.scale if not isinstance(rating.value, str)]
            for metric in self.custom_metrics
        }
        return {name: scale for name, scale in numbers.items() if scale}

    @property
    def models(self) -> tuple[Generator, ...]:
        """Generators that Bedrock calls."""
        return tuple(generator for generator in self.generators if not generator.is_source)

    @property
    def sources(self) -> tuple[str, ...]:
        """Ids of the sources whose answers the dataset itself has to bring."""
        return tuple(
            generator.source
            for generator in self.generators
            if generator.source is not None and generator.answers is None
        )

    @property
    def answer_files(self) -> dict[str, str]:
        """The sources that bring their answers in files of their own, each with the file's name."""
        return {
            generator.source: generator.answers
            for generator in self.generators
            if generator.source is not None and generator.answers is not None
        }

    def to_json(self) -> dict[str, Any]:
        """Canonical form: the same suite gives the same JSON, whatever its file's order, comments and defaults."""
        return {
            "name": self.name,
            "version": self.version,
            "description": self.description,
            "generators": [generator.to_json() for generator in self.generators],
            "judges": [judge.to_json() for judge in self.judges],
            "metrics": list(self.metrics),
            "custom_metrics": [metric.to_json() for metric in self.custom_metrics],
            "custom_judge": None if self.custom_judge is None else self.custom_judge.to_json(),
            "dataset": self.dataset.to_json(),
            "reuse": self.reuse,
            "sample": None if self.sample is None else self.sample.to_json(),
            "budget": self.budget.to_json(),
            "gates": [gate.to_json() for gate in self.gates],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """The suite that `to_json` wrote. Raises KeyError or ValueError for anything else."""
        return cls(
            name=data["name"],
            version=data["version"],
            description=data["description"],
            generators=tuple(Generator.from_json(item) for item in data["generators"]),
            judges=tuple(Judge.from_json(item) for item in data["judges"]),
            metrics=tuple(data["metrics"]),
            custom_metrics=tuple(CustomMetric.from_json(item) for item in data.get("custom_metrics", ())),
            custom_judge=Judge.from_json(data["custom_judge"]) if data.get("custom_judge") else None,
            dataset=DatasetOptions.from_json(data["dataset"]),
            reuse=data.get("reuse", True),
            sample=Sample.from_json(data["sample"]) if data.get("sample") else None,
            budget=Budget.from_json(data["budget"]),
            gates=tuple(Gate.from_json(item) for item in data.get("gates", ())),
        )


def load_suite(data: bytes, *, name: str, file: str, reach: Reach | None = None) -> Suite:
    """Read a suite's YAML. `name` is the suite's own name, `file` what the problems call the file.

    With `reach` models that the deployment cannot call are refused too.

    Raises InvalidInputError with every problem: at most 256 KiB of UTF-8, one YAML document without anchors or tags,
    known keys only, unique names, ids that Bedrock takes, parameters in their ranges.
    """
    from gavel.suites.reader import read_suite  # noqa: PLC0415 - brings pydantic and YAML, which a manifest's suite does not need

    checked = read_suite(data, name=name, file=file, reach=reach)
    return Suite(
        name=name,
        version=checked.version,
        description=checked.description,
        generators=tuple(
            Generator(
                name=item.label,
                model=parse_model(item.model) if item.model is not None else None,
                source=item.source,
                answers=item.answers,
                parameters=item.parameters.checked(),
                latency=Latency(item.latency),
            )
            for item in checked.generators or ()
        ),
        judges=tuple(_judge(item) for item in checked.judges),
        metrics=tuple(checked.metric_names),
        custom_metrics=tuple(checked.custom_metrics),
        custom_judge=_judge(checked.custom_judge) if checked.custom_judge else None,
        dataset=DatasetOptions(
            responses=ResponseMode(checked.dataset.responses), max_prompt_bytes=checked.dataset.max_prompt_bytes
        ),
        reuse=checked.reuse,
        sample=None if checked.sample is None else checked.sample.checked(),
        budget=Budget(
            per_evaluation_usd=checked.budget.per_evaluation_usd,
            per_month_usd=checked.budget.per_month_usd,
            basis=Basis(checked.budget.basis),
        ),
        gates=tuple(item.checked() for item in checked.gates or ()),
    )


def _judge(item: JudgeSchema) -> Judge:
    return Judge(name=item.label, model=parse_model(item.model))


def default_suite_bytes() -> bytes:
    """The YAML of the suite that a dataset without a suite of its own is evaluated with."""
    return resources.files("gavel.suites").joinpath(DEFAULT_SUITE_FILE).read_bytes()


def default_suite() -> Suite:
    """The suite that a dataset without a suite of its own is evaluated with."""
    return load_suite(default_suite_bytes(), name=DEFAULT_SUITE, file=DEFAULT_SUITE_FILE)

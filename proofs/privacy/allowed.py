"""Where a canary may be, and why; everywhere else none may be.

Three kinds: what a user put there or asked for, fields of the table that are meant to hold it, and what AWS or another
promise of Gavel's makes unavoidable.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from proofs.privacy import places
from proofs.privacy.canaries import Field

_TEXTS: Final = frozenset({Field.PROMPT, Field.ANSWER, Field.REFERENCE, Field.CATEGORY})
_NAMES: Final = frozenset({Field.FILE, Field.MODEL})
_OF_MODELS: Final = frozenset({Field.MODEL})
_OF_FILES: Final = frozenset({Field.FILE})
_OF_CATEGORIES: Final = frozenset({Field.CATEGORY})
_FIGURES: Final = "figures by model and category, which API and reports show"
_BEDROCKS_WORDS: Final = frozenset({Field.QUOTED, Field.MODEL, Field.FILE})


@dataclass(frozen=True)
class Allowance:
    """Fields that may be found in a place, where its documents' `where` fits; `reason` says why.

    What is not `seen_on_twin` is found on AWS only.
    """

    place: str
    where: str
    fields: frozenset[Field]
    reason: str
    seen_on_twin: bool = True

    def covers(self, place: str, where: str, field: Field) -> bool:
        """Whether this is the allowance of such a find."""
        return place == self.place and field in self.fields and re.fullmatch(self.where, where) is not None


ALLOWANCES: Final = (
    Allowance(places.OBJECTS, r"(datasets|answers)/\*", _TEXTS | _NAMES, "the user's own files"),
    Allowance(places.OBJECTS, r"suites/\*\.yaml", _NAMES | _OF_CATEGORIES, "the user's own suite"),
    Allowance(places.OBJECTS, r"evaluations/\*/suite\.yaml", _NAMES | _OF_CATEGORIES, "a copy of the user's suite"),
    Allowance(
        places.OBJECTS, r"evaluations/\*/plan/shards/\*\.jsonl", _TEXTS | _NAMES, "the records, as Bedrock reads them"
    ),
    Allowance(places.OBJECTS, r"evaluations/\*/bedrock/\*", _TEXTS | _NAMES, "Bedrock's output, untouched"),
    Allowance(
        places.OBJECTS, r"evaluations/\*/scores/\*\.parquet", _TEXTS | _NAMES, "scores with the records they are for"
    ),
    Allowance(
        places.OBJECTS,
        r"evaluations/\*/report\.html",
        _TEXTS | _NAMES,
        "the report shows records, files and models to whoever may open it",
    ),
    Allowance(
        places.OBJECTS,
        r"evaluations/\*/manifest\.json",
        _NAMES | _OF_CATEGORIES,
        "what was evaluated: dataset, models, categories and their counts",
    ),
    Allowance(
        places.OBJECTS,
        r"evaluations/\*/(summary\.json|summary\.csv|junit\.xml|comment\.md)",
        _NAMES | _OF_CATEGORIES,
        _FIGURES,
    ),
    Allowance(
        places.OBJECTS, r"evaluations/\*/validation\.json", _NAMES, "every problem with its file and its source's name"
    ),
    Allowance(places.KEYS, r"(datasets|answers)/\*", _OF_FILES, "the user named the file"),
    Allowance(places.KEYS, r"evaluations/\*/bedrock/\*", _OF_MODELS, "Bedrock puts the model into its output's key"),
    Allowance(places.TABLE, r"EVALUATION/HEAD\.(dataset_key|answers)", _OF_FILES, "which files are evaluated"),
    Allowance(
        places.TABLE, r"EVALUATION/HEAD\.(generators|judges|estimate|progress)", _OF_MODELS, "which models are used"
    ),
    Allowance(places.TABLE, r"EVALUATION/HEAD\.verdict", _OF_MODELS | _OF_CATEGORIES, "the sentence of the verdict"),
    Allowance(
        places.TABLE,
        r"EVALUATION/(HEAD|JOB)\.reason",
        _BEDROCKS_WORDS,
        "why it failed, in Bedrock's own words or with the first problems; `gavel status` shows it",
    ),
    Allowance(
        places.TABLE, r"EVALUATION/JOB\.(generator|judge|judge_models|outputs|counted)", _OF_MODELS, "the job's models"
    ),
    Allowance(places.TABLE, r"EVALUATION/(SUMMARY|COMPARISON|GATE)\.\w+", _OF_MODELS | _OF_CATEGORIES, _FIGURES),
    Allowance(places.TABLE, r"REUSE/JOB\.outputs", _OF_MODELS, "where a finished job's output lies"),
    Allowance(places.TABLE, r"SUITE/EVALUATION\.dataset", _OF_FILES, "a suite's history names its datasets"),
    Allowance(places.TABLE, r"SUITE/EVALUATION\.\w+", _OF_MODELS | _OF_CATEGORIES, "a suite's history of figures"),
    Allowance(places.TABLE, r"SCHEDULES\.(schedule|dataset|last_run)", _OF_FILES, "which dataset a schedule evaluates"),
    Allowance(
        places.JOBS,
        r"inferenceConfig|evaluationConfig|summary",
        _OF_MODELS,
        "Bedrock's own record of what it was asked for; deleted with the job",
    ),
    Allowance(places.JOBS, r"failureMessages", _BEDROCKS_WORDS, "Bedrock's own words"),
    Allowance(
        places.EMBEDDED_METRICS,
        r"/aws/lambda/<stack>-(publish-verdict|fail-evaluation|reconcile)",
        _OF_MODELS,
        "metrics of scores have the model as a dimension, which is what they are for; `score_metrics: false` ends it",
    ),
    Allowance(
        places.METRICS,
        r"metric",
        _OF_MODELS,
        "CloudWatch makes metrics of the lines above; the twin does not",
        seen_on_twin=False,
    ),
    Allowance(
        places.DEAD_LETTERS,
        r"message",
        _OF_FILES,
        "the event of S3 that could not be handled: a replay needs the key, and S3 itself wrote it. The queue is "
        "encrypted, takes TLS only, and forgets after 14 days",
    ),
    Allowance(
        "EventBridge: S3's events",
        r"message",
        _NAMES,
        "AWS's own events of the bucket carry the keys of objects to whoever may make a rule",
    ),
    Allowance(
        places.COMMANDS,
        r"gavel (run|estimate|validate|summarize|compare|judges)",
        _NAMES,
        "the user's own terminal: file and models that this very command was given",
    ),
    Allowance(
        places.REFUSALS,
        r"(POST /datasets/validate|POST /estimates)",
        _NAMES,
        "the caller's own question: problems of the dataset and the suite that this request names",
    ),
)


def allowance(place: str, where: str, field: Field) -> Allowance | None:
    """What allows a find; None for one that may not be."""
    return next((one for one in ALLOWANCES if one.covers(place, where, field)), None)

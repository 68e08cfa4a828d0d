"""The settings of one environment: read from the CDK context, checked as a whole, frozen."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from gavel.pricing.ceiling import NO_CEILING, Ceiling
from infra.model_kinds import ModelKind
from infra.options import Reader, VpcPlace, read_boundary, read_reader, read_vpc

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DEFAULT_ENVIRONMENT: Final = "production"
ENVIRONMENT_PATTERN: Final = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
LONGEST_ENVIRONMENT: Final = 24  # `gavel-<environment>-summarize-evaluation` has to fit a function's 64 characters
BEDROCK_CONCURRENT_JOBS: Final = 20  # quota "concurrent automatic model evaluation jobs", not adjustable
NO_KEY: Final = "none"
NEW_KEY: Final = "create"
_KEY_ARN: Final = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+")
_HOST: Final = r"[A-Za-z0-9.-]"
# S3 takes one wildcard in an origin, anywhere; API Gateway takes it alone or alone behind the scheme ("AllowedOrigins"
# of the S3 API's CORSRule; API Gateway developer guide, "Configure CORS for HTTP APIs").
_BUCKET_ORIGIN: Final = re.compile(rf"\*|https?://{_HOST}*(?:{_HOST}|\*){_HOST}*(?::\d{{1,5}})?")
_API_ORIGIN: Final = re.compile(rf"\*|https?://(?:\*|{_HOST}+(?::\d{{1,5}})?)")
_EMAIL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_HTTPS: Final = re.compile(r"https://[A-Za-z0-9.-]+(?::\d{1,5})?(?:/[^\s\x00-\x1f]*)?")
_RUNBOOKS: Final = re.compile(r"[!-~]{1,500}")  # an alarm's description has room for 1,024 characters
_ANY_TEXT: Final = re.compile(r".+")
_SCOPES: Final = ("read_scopes", "write_scopes")
_SCOPE: Final = re.compile(r"[!#-\[\]-~]{1,64}")  # a scope-token of RFC 6749; API Gateway takes 64 characters
_TAG_KEY: Final = re.compile(r"(?!aws:)[\w .:/=+@-]{1,128}")

# The retention periods that CloudWatch Logs knows.
LOG_RETENTION_DAYS: Final = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip


class Architecture(StrEnum):
    """What the Lambda bundles are built for; `host` is the machine and interpreter that build them."""

    ARM64 = "arm64"
    X86_64 = "x86_64"
    HOST = "host"


class Removal(StrEnum):
    """What becomes of bucket, table and key when the stack is deleted."""

    RETAIN = "retain"
    DESTROY = "destroy"


class ConfigError(ValueError):
    """Settings that cannot be used; the text lists everything that is wrong, each with its remedy."""

    def __init__(self, environment: str, problems: list[str]) -> None:
        self.problems = tuple(problems)
        listed = "\n".join(f"  - {problem}" for problem in problems)
        super().__init__(
            f'The settings of environment "{environment}" (cdk.json, context.environments) cannot be used:\n{listed}'
        )


@dataclass(frozen=True)
class JwtIssuer:
    """Whose tokens open the API in place of IAM signatures: OpenID issuer (https) and the audiences that count.

    A token needs one of `read_scopes` or of `write_scopes` to look at something, one of `write_scopes` to start, stop
    or change anything; without scopes every token of the audience may do everything.
    """

    issuer: str
    audience: tuple[str, ...]
    read_scopes: tuple[str, ...] = ()
    write_scopes: tuple[str, ...] = ()


@dataclass(frozen=True)
class EnvironmentConfig:
    """Settings of one environment; what cdk.json leaves out has the default below.

    `customer_key` is `none` (S3-managed and AWS-owned keys), `create`, or the ARN of a key in the stack's Region, whose
    policy must then carry the statements of `infra.keys.key_statements`. An empty `cors_origins` means no CORS
    rule. `raw_output_retention_days` counts for what Bedrock writes; scores, summaries and reports stay.
    `keep_bedrock_jobs_days` after an evaluation's end Bedrock's own records of its jobs are deleted, results stay.
    `jwt` lets the API take tokens of that issuer instead of IAM signatures; an empty `api_cors_origins` lets no page of
    another origin call it. `catalog` makes the Glue table over all scores; where Lake Formation governs, the deploying
    role may not make one.
    `notify` are e-mail addresses and https URLs that subscribe to the topic of ends and alarms; each has to confirm.
    `score_metrics` writes every mean score as a CloudWatch metric, which AWS charges for. `runbook_base` is what alarms
    put before `#<section>`: a path as it stands, or the address under which the runbooks are kept.
    `vpc` puts the Lambdas into subnets of a VPC that exists; `permissions_boundary` is the ARN of a policy that bounds
    every role of the stack; `reader` lets a principal of another account read figures (docs/settings.md has them all).
    """

    name: str
    architecture: Architecture = Architecture.ARM64
    log_retention_days: int = 90
    cors_origins: tuple[str, ...] = ("*",)
    customer_key: str = NO_KEY
    removal: Removal = Removal.RETAIN
    max_concurrent_jobs: int = 18  # two of Bedrock's twenty are left to people who start jobs by hand
    max_jobs_per_judge: int = 5  # two jobs on one judge model are known to throttle each other
    spending_limit: Ceiling = NO_CEILING
    max_dataset_bytes: int = 2 * 1024**3  # of uncompressed data
    raw_output_retention_days: int = 90
    keep_bedrock_jobs_days: int = 30
    model_kinds: tuple[ModelKind, ...] = (
        ModelKind.FOUNDATION_MODEL,
        ModelKind.INFERENCE_PROFILE,
        ModelKind.APPLICATION_INFERENCE_PROFILE,
        ModelKind.PROVISIONED_MODEL,
        ModelKind.CUSTOM_MODEL,
        ModelKind.IMPORTED_MODEL,
        ModelKind.PROMPT_ROUTER,
    )
    catalog: bool = True
    jwt: JwtIssuer | None = None
    api_cors_origins: tuple[str, ...] = ()
    notify: tuple[str, ...] = ()
    score_metrics: bool = True
    runbook_base: str = "docs/runbooks.md"
    vpc: VpcPlace | None = None
    permissions_boundary: str | None = None
    reader: Reader | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def stack_name(self) -> str:
        """Name of the CloudFormation stack, and prefix of the names that people look for."""
        return f"gavel-{self.name}"

    @classmethod
    def from_context(cls, *, name: str | None, environments: object) -> EnvironmentConfig:
        """Settings of the environment `name` (None: production) out of the context's `environments`.

        Raises ConfigError with every unknown environment, unknown key and unusable value at once.
        """
        wanted = DEFAULT_ENVIRONMENT if name is None else name
        problems: list[str] = []
        if re.fullmatch(ENVIRONMENT_PATTERN, wanted) is None or len(wanted) > LONGEST_ENVIRONMENT:
            problems.append(
                f'"{wanted}" is no name of an environment: use at most {LONGEST_ENVIRONMENT} of a-z, 0-9 and single "-"'
            )
        if not isinstance(environments, dict):
            raise ConfigError(wanted, [*problems, 'context "environments" must be an object of environments'])
        settings = environments.get(wanted)
        if settings is None:
            known = ", ".join(sorted(environments)) or "none"
            raise ConfigError(wanted, [*problems, f"it is not in cdk.json: add it, or choose one of: {known}"])
        if not isinstance(settings, dict):
            raise ConfigError(wanted, [*problems, "its settings must be an object"])
        values = _read(settings, problems)
        if problems:
            raise ConfigError(wanted, problems)
        return cls(name=wanted, **values)


def _read(settings: Mapping[str, object], problems: list[str]) -> dict[str, Any]:
    known = [item.name for item in fields(EnvironmentConfig) if item.name != "name"]
    values: dict[str, Any] = {}
    for key, value in settings.items():
        reader = _READERS.get(key)
        if reader is None:
            problems.append(f'unknown key "{key}": remove it, or use one of: {", ".join(known)}')
            continue
        try:
            values[key] = reader(value)
        except ValueError as error:
            problems.append(f'"{key}" is {value!r}: {error}')
    return values


def _one_of[Choice: StrEnum](kind: type[Choice]) -> Callable[[object], Choice]:
    def read(value: object) -> Choice:
        try:
            return kind(str(value))
        except ValueError:
            raise ValueError(f"use one of: {', '.join(kind)}") from None

    return read


def _whole(lowest: int, highest: int, why: str) -> Callable[[object], int]:
    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
            raise ValueError(f"use a whole number from {lowest} to {highest} ({why})")
        return value

    return read


def _log_retention(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value not in LOG_RETENTION_DAYS:
        raise ValueError(f"CloudWatch Logs knows only: {', '.join(map(str, LOG_RETENTION_DAYS))}")
    return value


def _bucket_origins(value: object) -> tuple[str, ...]:
    return _origins(value, _BUCKET_ORIGIN, "S3 takes one * in an origin")


def _api_origins(value: object) -> tuple[str, ...]:
    return _origins(value, _API_ORIGIN, 'API Gateway takes a * only as "*" or "https://*"')


def _origins(value: object, known: re.Pattern[str], wildcard: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) and known.fullmatch(item) for item in value):
        raise ValueError(f'use a list of origins such as "https://example.com", or [] for no CORS rule; {wildcard}')
    return tuple(value)


def _customer_key(value: object) -> str:
    if isinstance(value, str) and (value in (NO_KEY, NEW_KEY) or _KEY_ARN.fullmatch(value)):
        return value
    raise ValueError(f'use "{NO_KEY}", "{NEW_KEY}", or the ARN of a KMS key (arn:aws:kms:REGION:ACCOUNT:key/ID)')


def _model_kinds(value: object) -> tuple[ModelKind, ...]:
    if not isinstance(value, list) or not value or not set(map(str, value)) <= set(ModelKind):
        raise ValueError(f"use a list with one or more of: {', '.join(ModelKind)}")
    return tuple(kind for kind in ModelKind if kind in value)


def _jwt(value: object) -> JwtIssuer | None:
    if value is None:
        return None
    if isinstance(value, dict) and {"issuer", "audience"} <= set(value) <= {"issuer", "audience", *_SCOPES}:
        issuer, audience = value["issuer"], _names(value["audience"])
        scopes = [_names(value[kind], _SCOPE) for kind in _SCOPES if kind in value]
        whole = all(scopes) and len(scopes) in {0, len(_SCOPES)}
        if audience and whole and isinstance(issuer, str) and re.fullmatch(r"https://[A-Za-z0-9._~:/-]+", issuer):
            return JwtIssuer(issuer, audience, *scopes)
    raise ValueError(
        'use {"issuer": "https://…", "audience": ["…"]}, with "read_scopes" and "write_scopes" (both, lists of texts '
        "without spaces) where tokens have scopes, or null for IAM"
    )


def _names(value: object, pattern: re.Pattern[str] = _ANY_TEXT) -> tuple[str, ...]:
    """The texts of a list; empty when it is no list of such texts."""
    if isinstance(value, list) and all(isinstance(one, str) and pattern.fullmatch(one) for one in value):
        return tuple(value)
    return ()


def _spending_limit(value: object) -> Ceiling:
    if value is None:
        return NO_CEILING
    if isinstance(value, dict) and value and set(value) <= {"per_evaluation_usd", "per_month_usd"}:
        numbers = value.values()
        if all(isinstance(usd, int | float) and not isinstance(usd, bool) and 0.01 <= usd <= 1e9 for usd in numbers):
            return Ceiling(**value)
    raise ValueError(
        'use {"per_evaluation_usd": 25, "per_month_usd": 500}, one of the two (0.01 to 1,000,000,000 USD), or null'
    )


def _truth(value: object) -> bool:
    if value is True or value is False:
        return value
    raise ValueError("use true or false")


def _subscribers(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(
        isinstance(item, str) and (_EMAIL.fullmatch(item) or _HTTPS.fullmatch(item)) for item in value
    ):
        raise ValueError('use a list of e-mail addresses and https URLs, such as ["quality@example.com"]')
    if len(set(value)) != len(value):
        raise ValueError("name each subscriber once")
    return tuple(value)


def _runbook_base(value: object) -> str:
    if not isinstance(value, str) or not _RUNBOOKS.fullmatch(value) or "#" in value:
        raise ValueError("use a path or an address of at most 500 characters without spaces and without #")
    return value


def _tags(value: object) -> dict[str, str]:
    if not isinstance(value, dict) or not all(
        isinstance(text, str) and len(text) <= 256 and _TAG_KEY.fullmatch(key) for key, text in value.items()
    ):
        raise ValueError(
            "use an object of texts: keys of 1-128 letters, digits and _.:/=+@- that do not begin with aws:"
        )
    return dict(value)


_READERS: Final[Mapping[str, Callable[[object], object]]] = {
    "architecture": _one_of(Architecture),
    "log_retention_days": _log_retention,
    "cors_origins": _bucket_origins,
    "customer_key": _customer_key,
    "removal": _one_of(Removal),
    "max_concurrent_jobs": _whole(1, BEDROCK_CONCURRENT_JOBS, "Bedrock runs no more at once"),
    "max_jobs_per_judge": _whole(1, BEDROCK_CONCURRENT_JOBS, "Bedrock runs no more at once"),
    "spending_limit": _spending_limit,
    "max_dataset_bytes": _whole(1024, 10 * 1024**3, "bytes; what one Lambda can read and keep on its disk"),
    "raw_output_retention_days": _whole(1, 3650, "days"),
    "keep_bedrock_jobs_days": _whole(1, 3650, "days"),
    "model_kinds": _model_kinds,
    "catalog": _truth,
    "jwt": _jwt,
    "api_cors_origins": _api_origins,
    "notify": _subscribers,
    "score_metrics": _truth,
    "runbook_base": _runbook_base,
    "vpc": read_vpc,
    "permissions_boundary": read_boundary,
    "reader": read_reader,
    "tags": _tags,
}

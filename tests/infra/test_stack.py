"""Lambdas, state machine, API and the rule for uploads."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import infra.check
from gavel.aws.collect_arrivals import MOST_LOOKS
from gavel.names.deployed import Output, Variable
from infra.config import Architecture, EnvironmentConfig, JwtIssuer
from infra.handler_table import HANDLERS, WORKFLOW_HANDLERS, Handler
from tests.infra.template import Synthesised, text

ROOT = Path(__file__).parent.parent.parent


def declared_variables(handler: str) -> set[Variable]:
    """The variables that a handler's door asks for."""
    source = (ROOT / "lambdas" / "handlers" / f"{handler}.py").read_text(encoding="utf-8")
    return {Variable[name] for name in re.findall(r"Variable\.([A-Z_]+)", source)}


def test_every_handler_has_its_lambda_and_no_lambda_is_without_one(production: Synthesised) -> None:
    deployed = {item["Handler"] for item in production.of_type("AWS::Lambda::Function").values()}
    assert deployed == {f"handlers.{row.name}.handler" for row in HANDLERS}
    assert [row.name for row in HANDLERS if not (ROOT / "lambdas" / "handlers" / f"{row.name}.py").is_file()] == []


@pytest.mark.parametrize("handler", [row.name for row in HANDLERS])
def test_a_lambda_is_told_what_its_handler_asks_for(production: Synthesised, handler: str) -> None:
    told = production.function(handler)["Environment"]["Variables"]
    assert declared_variables(handler)
    assert {variable.value for variable in declared_variables(handler)} <= set(told)
    assert (told["POWERTOOLS_SERVICE_NAME"], told["POWERTOOLS_METRICS_NAMESPACE"]) == ("gavel-production", "Gavel")


@pytest.mark.parametrize("row", HANDLERS, ids=lambda row: row.name)
def test_a_lambda_has_the_memory_the_time_and_the_disk_of_its_row(production: Synthesised, row: Handler) -> None:
    function = production.function(row.name)
    assert (function["MemorySize"], function["Timeout"]) == (row.memory, row.timeout)
    assert function["EphemeralStorage"] == {"Size": row.disk}


@pytest.mark.parametrize("handler", [row.name for row in HANDLERS])
def test_a_lambda_is_traced_and_logs_json_that_expires(production: Synthesised, handler: str) -> None:
    function = production.function(handler)
    assert function["TracingConfig"] == {"Mode": "Active"}
    assert function["LoggingConfig"]["LogFormat"] == "JSON"
    group = production.of_type("AWS::Logs::LogGroup")[function["LoggingConfig"]["LogGroup"]["Ref"]]
    assert group["RetentionInDays"] == 90


def test_every_log_group_expires(production: Synthesised) -> None:
    groups = production.of_type("AWS::Logs::LogGroup").values()
    assert len(groups) == len(HANDLERS) + 2
    assert {group.get("RetentionInDays") for group in groups} == {90}


@pytest.mark.parametrize(("architecture", "named"), [(Architecture.ARM64, "arm64"), (Architecture.X86_64, "x86_64")])
def test_the_architecture_is_the_environments(architecture: Architecture, named: str) -> None:
    synthesised = Synthesised(infra.check.template(EnvironmentConfig(name="production", architecture=architecture)))
    assert {tuple(item["Architectures"]) for item in synthesised.of_type("AWS::Lambda::Function").values()} == {
        (named,)
    }


def test_the_state_machines_placeholders_are_exactly_its_substitutions(production: Synthesised) -> None:
    machine = production.only("AWS::StepFunctions::StateMachine")
    placeholders = set(re.findall(r"\$\{([A-Za-z0-9]+)\}", machine["DefinitionString"]))
    assert placeholders == set(machine["DefinitionSubstitutions"])


def test_the_state_machine_logs_and_traces_without_data(production: Synthesised) -> None:
    machine = production.only("AWS::StepFunctions::StateMachine")
    assert machine["StateMachineName"] == "gavel-production"
    assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
    assert machine["LoggingConfiguration"]["Level"] == "ALL"
    assert machine["TracingConfiguration"] == {"Enabled": True}


def test_the_state_machine_calls_exactly_its_lambdas(production: Synthesised) -> None:
    calls = [item for item in production.statements() if "lambda:InvokeFunction" in item.actions]
    (call,) = (item for item in calls if item.sid != "StartScheduled")
    substitutions = production.only("AWS::StepFunctions::StateMachine")["DefinitionSubstitutions"]
    assert set(call.resources) == {text(substitutions[f"{row.title}Arn"]) for row in WORKFLOW_HANDLERS}


def test_the_number_of_jobs_at_once_is_the_environments() -> None:
    synthesised = Synthesised(infra.check.template(EnvironmentConfig(name="production", max_concurrent_jobs=7)))
    limits = [
        function["Environment"]["Variables"].get("GAVEL_MAX_CONCURRENT_JOBS")
        for function in synthesised.of_type("AWS::Lambda::Function").values()
    ]
    assert {limit for limit in limits if limit} == {"7"}


def test_every_route_of_the_api_asks_iam(production: Synthesised) -> None:
    routes = production.of_type("AWS::ApiGatewayV2::Route").values()
    described = json.loads((Path(infra.check.__file__).parents[1] / "lambdas/handlers/openapi.json").read_text())
    documented = {f"{method.upper()} {path}" for path, known in described["paths"].items() for method in known}
    assert {route["RouteKey"] for route in routes} == {*documented, "$default"}
    assert {route["AuthorizationType"] for route in routes} == {"AWS_IAM"}


def test_tokens_of_a_named_issuer_open_the_api_in_place_of_signatures() -> None:
    issuer = JwtIssuer("https://issuer.example.com", ("gavel",))
    synthesised = Synthesised(infra.check.template(EnvironmentConfig(name="production", jwt=issuer)))
    routes = synthesised.of_type("AWS::ApiGatewayV2::Route").values()
    assert {route["AuthorizationType"] for route in routes} == {"JWT"}
    configuration = synthesised.only("AWS::ApiGatewayV2::Authorizer")["JwtConfiguration"]
    assert configuration == {"Issuer": issuer.issuer, "Audience": ["gavel"]}


def test_a_token_needs_a_scope_to_read_and_another_to_change_anything() -> None:
    issuer = JwtIssuer("https://issuer.example.com", ("gavel",), ("gavel/read",), ("gavel/write",))
    synthesised = Synthesised(infra.check.template(EnvironmentConfig(name="production", jwt=issuer)))
    routes = synthesised.of_type("AWS::ApiGatewayV2::Route").values()
    scopes = {str(route["RouteKey"]): list(route["AuthorizationScopes"]) for route in routes}

    changing = {key for key, asked in scopes.items() if asked == ["gavel/write"]}
    reading = {key for key, asked in scopes.items() if asked == ["gavel/read", "gavel/write"]}
    assert changing | reading == set(scopes)
    assert {"POST /evaluations", "POST /evaluations/{evaluation_id}/stop", "DELETE /suites/{suite}"} <= changing
    assert {key for key in changing if key.startswith("GET ")} == set()
    assert {key for key in reading if not key.startswith("GET ")} == {
        "$default",
        "POST /comparisons",
        "POST /datasets/validate",
        "POST /estimates",
    }


def test_no_page_of_another_origin_may_call_the_api_unless_it_is_named(production: Synthesised) -> None:
    assert "CorsConfiguration" not in production.only("AWS::ApiGatewayV2::Api")
    origins = ("https://dashboards.example.com",)
    synthesised = Synthesised(infra.check.template(EnvironmentConfig(name="production", api_cors_origins=origins)))
    assert synthesised.only("AWS::ApiGatewayV2::Api")["CorsConfiguration"]["AllowOrigins"] == list(origins)
    # A preflight is never signed; everything else is.
    routes = synthesised.of_type("AWS::ApiGatewayV2::Route").values()
    assert {route["RouteKey"] for route in routes if route["AuthorizationType"] == "NONE"} == {"OPTIONS /{proxy+}"}


def test_the_api_is_throttled_and_its_access_log_holds_no_payload(production: Synthesised) -> None:
    stage = production.only("AWS::ApiGatewayV2::Stage")
    assert stage["DefaultRouteSettings"]["ThrottlingRateLimit"] == 20
    assert stage["DefaultRouteSettings"]["ThrottlingBurstLimit"] == 40
    logged = json.loads(stage["AccessLogSettings"]["Format"])
    assert logged["caller"] == "$context.identity.userArn"
    assert logged["subject"] == "$context.authorizer.claims.sub"
    assert [value for value in logged.values() if re.search(r"header|body|query|path|message", value, re.I)] == []


def rule_of(synthesised: Synthesised, source: str) -> dict[str, Any]:
    """The rule for events of that source."""
    rules = synthesised.of_type("AWS::Events::Rule").values()
    (rule,) = (rule for rule in rules if rule.get("EventPattern", {}).get("source") == [source])
    return rule


def test_the_reconciler_runs_every_quarter_of_an_hour_and_after_every_bad_end(production: Synthesised) -> None:
    pattern = rule_of(production, "aws.states")["EventPattern"]
    (schedule,) = (rule for rule in production.of_type("AWS::Events::Rule").values() if rule.get("ScheduleExpression"))
    (machine,) = production.of_type("AWS::StepFunctions::StateMachine")

    assert schedule["ScheduleExpression"] == "rate(15 minutes)"
    assert pattern["detail-type"] == ["Step Functions Execution Status Change"]
    assert set(pattern["detail"]["status"]) == {"ABORTED", "FAILED", "TIMED_OUT"}
    assert pattern["detail"]["stateMachineArn"] == [{"Ref": machine}]
    assert [target["Arn"] for target in schedule["Targets"]] == [
        target["Arn"] for target in rule_of(production, "aws.states")["Targets"]
    ]


def test_how_long_bedrock_keeps_records_of_jobs_is_the_environments() -> None:
    synthesised = Synthesised(infra.check.template(EnvironmentConfig(name="production", keep_bedrock_jobs_days=7)))
    assert synthesised.function("reconcile")["Environment"]["Variables"]["GAVEL_KEEP_BEDROCK_JOBS_DAYS"] == "7"


def test_an_upload_of_a_dataset_calls_start_evaluation(production: Synthesised) -> None:
    _, rule = production.beginning("AWS::Events::Rule", "Uploads")
    pattern = rule["EventPattern"]
    assert pattern["detail-type"] == ["Object Created"]
    assert pattern["detail"]["object"]["key"] == [
        {"wildcard": "datasets/*.jsonl"},
        {"wildcard": "datasets/*.jsonl.gz"},
        {"wildcard": "datasets/*.csv"},
        {"wildcard": "datasets/*.json"},
        {"wildcard": "datasets/*.parquet"},
    ]
    assert [text(name) for name in pattern["detail"]["bucket"]["name"]] == ["<StorageBucket5CB7C8EA>"]
    (target,) = rule["Targets"]
    (name,) = (
        name
        for name, item in production.of_type("AWS::Lambda::Function").items()
        if item["Handler"] == "handlers.start_evaluation.handler"
    )
    assert text(target["Arn"]) == f"<{name}.Arn>"


def test_what_nobody_took_lands_in_an_encrypted_queue_for_two_weeks(production: Synthesised) -> None:
    name, queue = production.beginning("AWS::SQS::Queue", "UploadsDeadLetters")
    rules = production.of_type("AWS::Events::Rule").values()
    targets = [target for rule in rules for target in rule["Targets"] if "Queue" not in text(target["Arn"])]
    assert {text(target["DeadLetterConfig"]["Arn"]) for target in targets} == {f"<{name}.Arn>"}
    calls = production.of_type("AWS::Lambda::EventInvokeConfig").values()
    assert {text(call["DestinationConfig"]["OnFailure"]["Destination"]) for call in calls} == {f"<{name}.Arn>"}
    scheduled = production.function("start_scheduled")["FunctionName"]
    names = {id_: item["FunctionName"] for id_, item in production.of_type("AWS::Lambda::Function").items()}
    called = {names[text(call["FunctionName"]).strip("<>")] for call in calls}
    by_rules = {names[text(target["Arn"]).removesuffix(".Arn>").lstrip("<")] for target in targets}
    assert called == {*by_rules, scheduled}
    assert queue["SqsManagedSseEnabled"] is True
    assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_the_queue_refuses_requests_without_tls(production: Synthesised) -> None:
    policies = production.of_type("AWS::SQS::QueuePolicy").values()
    assert len(policies) == len(production.of_type("AWS::SQS::Queue"))
    for policy in policies:
        denied = [item for item in policy["PolicyDocument"]["Statement"] if item["Effect"] == "Deny"]
        assert [item["Condition"] for item in denied] == [{"Bool": {"aws:SecureTransport": "false"}}]


def test_output_of_a_job_comes_through_a_queue_that_only_its_rule_fills(production: Synthesised) -> None:
    name, queue = production.beginning("AWS::SQS::Queue", "ArrivalsQueue")
    last, _ = production.beginning("AWS::SQS::Queue", "ArrivalsDeadLetters")
    rule_name, rule = production.beginning("AWS::Events::Rule", "Arrivals")
    assert rule["EventPattern"]["detail"]["object"]["key"] == [{"wildcard": "evaluations/*/bedrock/*_output.jsonl"}]
    (target,) = rule["Targets"]
    assert text(target["Arn"]) == f"<{name}.Arn>"
    assert text(target["DeadLetterConfig"]["Arn"]) == f"<{last}.Arn>"
    assert text(queue["RedrivePolicy"]["deadLetterTargetArn"]) == f"<{last}.Arn>"
    assert queue["SqsManagedSseEnabled"] is True
    _, policy = production.beginning("AWS::SQS::QueuePolicy", "ArrivalsQueue")
    (allowed,) = (item for item in policy["PolicyDocument"]["Statement"] if item["Effect"] == "Allow")
    assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
    assert text(allowed["Condition"]["ArnEquals"]["aws:SourceArn"]) == f"<{rule_name}.Arn>"


def test_arrivals_are_taken_together_and_one_that_fails_comes_back_alone(production: Synthesised) -> None:
    mapping = production.only("AWS::Lambda::EventSourceMapping")
    _, queue = production.beginning("AWS::SQS::Queue", "ArrivalsQueue")
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BatchSize"] > 1
    assert queue["VisibilityTimeout"] >= 6 * production.function("collect_arrivals")["Timeout"]
    assert queue["RedrivePolicy"]["maxReceiveCount"] > MOST_LOOKS


def test_the_outputs_are_the_ones_the_command_line_reads(production: Synthesised) -> None:
    assert set(production.content["Outputs"]) == {output.value for output in Output}


def test_what_can_be_tagged_says_project_and_environment() -> None:
    config = EnvironmentConfig(name="production", tags={"Team": "quality"})
    synthesised = Synthesised(infra.check.template(config))
    wanted = {"Project": "gavel", "Environment": "production", "Team": "quality"}
    for kind in ("AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::Lambda::Function", "AWS::IAM::Role"):
        for properties in synthesised.of_type(kind).values():
            assert wanted.items() <= {tag["Key"]: tag["Value"] for tag in properties["Tags"]}.items()


def test_no_arn_is_bound_to_one_partition(production: Synthesised) -> None:
    content = json.dumps(production.content)
    assert re.findall(r"arn:aws[a-z-]*:(?!states:::)[a-z0-9]+:", content) == []

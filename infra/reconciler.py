"""The reconciler: a Lambda that EventBridge calls on a schedule, and when an execution has ended badly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from infra import handler_table
from infra.dead_letters import DeadLetters

if TYPE_CHECKING:
    from aws_cdk import aws_sqs as sqs
    from aws_cdk import aws_stepfunctions as sfn

    from infra.functions import FunctionFactory

EVERY_MINUTES: Final = 15
BAD_ENDS: Final = ("ABORTED", "FAILED", "TIMED_OUT")


class Reconciler(Construct):
    """The Lambda and its two rules; what it could not take ends in the queue `dead_letters`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        factory: FunctionFactory,
        state_machine: sfn.IStateMachine,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, construct_id)
        function = factory.make(self, handler_table.RECONCILE, state_machine=state_machine)
        function.configure_async_invoke(
            on_failure=DeadLetters(dead_letters),
            max_event_age=cdk.Duration.minutes(EVERY_MINUTES),
            retry_attempts=2,
        )
        target = targets.LambdaFunction(
            function,
            dead_letter_queue=dead_letters,
            # What is older is done by the next run of the schedule.
            max_event_age=cdk.Duration.minutes(EVERY_MINUTES),
            retry_attempts=2,
        )
        events.Rule(
            self,
            "Schedule",
            description="Sees to evaluations without an end, and to jobs that nobody owns",
            schedule=events.Schedule.rate(cdk.Duration.minutes(EVERY_MINUTES)),
            targets=[target],
        )
        events.Rule(
            self,
            "BadEnds",
            description="An execution failed, timed out or was aborted",
            event_pattern=events.EventPattern(
                source=["aws.states"],
                detail_type=["Step Functions Execution Status Change"],
                # Executions of the Map's children belong to another ARN, with the Map's label behind it.
                detail={"stateMachineArn": [state_machine.state_machine_arn], "status": list(BAD_ENDS)},
            ),
            targets=[target],
        )

"""Schedules of suites: a group of EventBridge Scheduler, the Lambda that it calls, and the role that it calls with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_scheduler as scheduler
from constructs import Construct

from gavel.names.deployed import Variable
from infra import handler_table
from infra.dead_letters import DeadLetters
from infra.grants import Grant, give
from infra.uploads import TRY_FOR_HOURS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from aws_cdk import aws_sqs as sqs
    from aws_cdk import aws_stepfunctions as sfn

    from infra.config import EnvironmentConfig
    from infra.functions import FunctionFactory


class Schedules(Construct):
    """The group in which the API keeps a schedule for each suite; what could not be delivered ends in `dead_letters`.

    The schedules themselves are made by users, so they are no resources of the stack: deleting the group with the stack
    deletes them.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: EnvironmentConfig,
        factory: FunctionFactory,
        state_machine: sfn.IStateMachine,
        dead_letters: sqs.IQueue,
    ) -> None:
        super().__init__(scope, construct_id)
        self._dead_letters = dead_letters
        self._group = scheduler.CfnScheduleGroup(self, "Group", name=config.stack_name)
        self._function = factory.make(self, handler_table.START_SCHEDULED, state_machine=state_machine)
        # Scheduler calls it asynchronously and sees no failure (Lambda developer guide, "Using Lambda with EventBridge
        # Scheduler"): what it could not do is tried twice more, and then kept.
        self._function.configure_async_invoke(
            on_failure=DeadLetters(dead_letters),
            max_event_age=cdk.Duration.hours(TRY_FOR_HOURS),
            retry_attempts=2,
        )
        stack = cdk.Stack.of(self)
        group = stack.format_arn(service="scheduler", resource="schedule-group", resource_name=config.stack_name)
        self._schedules = stack.format_arn(
            service="scheduler", resource="schedule", resource_name=f"{config.stack_name}/*"
        )
        self._role = iam.Role(
            self,
            "Role",
            description=f"{config.stack_name}: EventBridge Scheduler starts the evaluations of suites with it",
            # EventBridge Scheduler user guide, "Confused deputy prevention": the source is the schedule group.
            assumed_by=iam.ServicePrincipal(
                "scheduler.amazonaws.com",
                conditions={
                    "StringEquals": {"aws:SourceAccount": stack.account},
                    "ArnEquals": {"aws:SourceArn": group},
                },
            ),
        )
        give(
            self._role,
            [
                Grant(
                    sid="StartScheduled",
                    actions=("lambda:InvokeFunction",),
                    resources=(self._function.function_arn,),
                ),
                Grant(sid="KeepDeadLetters", actions=("sqs:SendMessage",), resources=(dead_letters.queue_arn,)),
            ],
        )

    def keep(self) -> list[Grant]:
        """Create, change and delete schedules of the group, and let Scheduler use its role for them."""
        return [
            Grant(
                sid="KeepSchedules",
                actions=("scheduler:CreateSchedule", "scheduler:DeleteSchedule", "scheduler:UpdateSchedule"),
                resources=(self._schedules,),
                wildcard="these are the schedules of this stack's group, which users make, one for each suite.",
            ),
            Grant(
                sid="PassSchedulerRole",
                actions=("iam:PassRole",),
                resources=(self._role.role_arn,),
                conditions={"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}},
            ),
        ]

    @property
    def variables(self) -> Mapping[str, str]:
        """What a Lambda that keeps schedules has to know."""
        return {
            Variable.SCHEDULE_GROUP.value: str(self._group.name),
            Variable.SCHEDULE_TARGET_ARN.value: self._function.function_arn,
            Variable.SCHEDULE_ROLE_ARN.value: self._role.role_arn,
            Variable.DEAD_LETTERS_ARN.value: self._dead_letters.queue_arn,
        }

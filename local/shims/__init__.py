"""Where ministack differs from AWS and Gavel would notice: one short module per difference, applied from here.

Every module says what AWS does and where that is written, what ministack does, and puts it right.
"""

from __future__ import annotations

from local.shims import (
    assign,
    data_limit,
    denials,
    distributed_map,
    event_sources,
    event_targets,
    execution_end,
    glue_catalog,
    lambda_bundle,
    lambda_environment,
    lambda_errors,
    machine_role,
    math_alarms,
    redrive,
    retry,
    s3_events,
    schedules,
    start_execution,
    sub_machine,
    task_token,
)
from local.shims.expected import check_version


def apply() -> None:
    """Put every difference right; raises ShimError when ministack is not the release these shims were written for."""
    check_version()
    for shim in (
        lambda_bundle,
        lambda_environment,
        lambda_errors,
        machine_role,
        start_execution,
        execution_end,
        sub_machine,
        task_token,
        retry,
        assign,
        distributed_map,
        data_limit,
        s3_events,
        event_sources,
        event_targets,
        glue_catalog,
        schedules,
        math_alarms,
        redrive,
        denials,
    ):
        shim.apply()

# ruleid: data-in-a-trace
@logger.inject_lambda_context(log_event=True)
def handler(event, context):
    return event


# ruleid: data-in-a-trace
@tracer.capture_lambda_handler
def traced(event, context):
    return event


# ok: data-in-a-trace
@tracer.capture_lambda_handler(capture_response=False)
def quiet(event, context):
    return event


# ruleid: data-in-a-trace
options = LogOptions(include_execution_data=True)
# ok: data-in-a-trace
private = LogOptions(include_execution_data=False)

"""One short file for each Lambda: parse the event, make one call, answer.

Until `entrance.Door` is made, a Lambda's process loads what stays loaded: modules, and its clients' service models. The
collector of cycles would go through all of it a dozen times, a tenth of a cold start, and free next to nothing.
"""

import gc
import os

# Any other process that imports a handler (a test, a tool) has a collector of its own.
if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    gc.disable()

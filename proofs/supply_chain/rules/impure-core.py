import os
import random
from datetime import UTC, datetime

import numpy as np


def plan(now, seed):
    # ruleid: impure-core
    begun = datetime.now(UTC)
    # ruleid: impure-core
    bucket = os.environ["BUCKET"]
    # ruleid: impure-core
    dice = np.random.default_rng()
    # ok: impure-core
    fair = np.random.default_rng(seed)
    # ok: impure-core
    other = random.Random(seed)
    return begun, bucket, dice, fair, other, now

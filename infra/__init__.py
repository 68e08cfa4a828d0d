"""What exists: the CDK app of Gavel, one construct per concern; `infra.stack` only wires them together.

Importing this package points jsii, which runs the CDK library, at the Node that the environment brings, so that
`app.py` works where no `node` is on PATH. It has to happen before `aws_cdk` is imported, hence here.
"""

from infra.node import use_bundled_node

use_bundled_node()

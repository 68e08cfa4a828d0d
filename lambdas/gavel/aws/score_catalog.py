"""The catalogue in which Athena finds the scores of all evaluations as one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from gavel.aws import clients
from gavel.aws.failures import ClientError, code_of, translated
from gavel.catalog import storage
from gavel.names.object_keys import EvaluationKeys
from gavel.problems import GavelError

if TYPE_CHECKING:
    from mypy_boto3_glue.type_defs import StorageDescriptorTypeDef

_THERE: Final = "AlreadyExistsException"


@dataclass(frozen=True)
class ScoreCatalog:
    """The table of the catalogue that a deployment has."""

    database: str
    table: str

    def register(self, evaluation: str, *, suite: str, bucket: str) -> str | None:
        """Let queries find the evaluation's scores; any number of times is once.

        None when they can, else a sentence that says why not and what to do: figures and verdict of an evaluation do
        not depend on a catalogue, which may be governed by others (Lake Formation) or out of order.
        """
        folder = f"s3://{bucket}/{EvaluationKeys(evaluation).scores_folder}"
        try:
            with translated():
                clients.glue().create_partition(
                    DatabaseName=self.database,
                    TableName=self.table,
                    PartitionInput={
                        # In the order of PARTITION_COLUMNS.
                        "Values": [suite, evaluation],
                        # A partition has a descriptor of its own; what it leaves out is empty, not the table's.
                        "StorageDescriptor": cast("StorageDescriptorTypeDef", storage(folder)),
                    },
                )
        except ClientError as error:
            if code_of(error) == _THERE:
                return None
            return self._sentence(f"{error.operation_name}: {code_of(error)}")
        except GavelError as error:
            return self._sentence(str(error))
        return None

    def _sentence(self, why: str) -> str:
        return (
            "Athena does not find the scores of this evaluation yet, as they could not be registered in "
            f"{self.database}.{self.table} ({why}); docs/athena.md says how to add them by hand."
        )

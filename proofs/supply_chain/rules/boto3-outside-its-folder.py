# ruleid: boto3-outside-its-folder
import boto3

# ruleid: boto3-outside-its-folder
from botocore.exceptions import ClientError

# ok: boto3-outside-its-folder
from gavel.aws import clients

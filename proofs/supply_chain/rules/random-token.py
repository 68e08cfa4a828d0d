import hashlib
import secrets
import uuid


def create(client, job):
    # ruleid: random-token
    client.create_evaluation_job(clientRequestToken=str(uuid.uuid4()))
    # ruleid: random-token
    client.start_execution(name=secrets.token_hex(8))
    # ok: random-token
    client.create_evaluation_job(clientRequestToken=hashlib.sha256(job).hexdigest())

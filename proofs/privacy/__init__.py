"""Privacy: canaries go through the deployed system, with all that can go wrong, and are hunted in every place."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from local import deployment, twin
from local.settings import Settings
from proofs.pages import table
from proofs.privacy import acts, settings
from proofs.privacy.allowed import ALLOWANCES
from proofs.privacy.canaries import Field
from proofs.privacy.hunt import Hunt
from proofs.privacy.places import PLACES, documents
from proofs.privacy.stage import Stage
from proofs.privacy.system import Ears, System
from proofs.privacy.traces import heard
from proofs.proof import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

TIME_SCALE: Final = 0.002


def prove(say: Callable[[str], None]) -> Result:
    """Play the whole scenario on a twin of its own, and hunt."""
    with tempfile.TemporaryDirectory(prefix="gavel-privacy-") as folder:
        own = Settings(state_dir=Path(folder) / "twin", time_scale=TIME_SCALE, idle_minutes=30)
        try:
            state = twin.up(own)
            system = System(state, own, deployment.deploy(state, own, say))
            files = Path(folder) / "files"
            files.mkdir()
            hunt, wrong = play(system, files, acts.ALL, say)
        finally:
            twin.down(own)
    broken = (*hunt.broken, *wrong, *hunt.unused)
    silent = [place for place in PLACES if not hunt.read[place]]
    figures = (
        f"{len(PLACES)} places × {len(Field)} fields: {len(hunt.leaks)} finds where none may be",
        f"{len(ALLOWANCES)} kinds of finds that are allowed, each with its reason below",
        f"{len(acts.ALL)} acts, from an evaluation that passes through all to a reader that meets junk",
    )
    return Result(figures=figures, body=_body(hunt, silent), broken=broken)


def play(
    system: System, folder: Path, chosen: Sequence[Callable[[Stage], None]], say: Callable[[str], None]
) -> tuple[Hunt, list[str]]:
    """Play acts and hunt through everything; the hunt, and settings that would let data into logs."""
    with heard() as segments:
        ears = Ears.open(system)
        stage = Stage(system, folder)
        for act in chosen:
            say(act.__name__.replace("_", " "))
            act(stage)
        say("hunting")
        hunt = Hunt(stage.flock.all).through(documents(system, ears, segments))
    return hunt, list(settings.broken(system))


def _body(hunt: Hunt, silent: Sequence[str]) -> str:
    listed = "".join(f"- {(act.__doc__ or '').strip()}\n" for act in acts.ALL)
    reasons = [
        [one.place, f"`{one.where}`" if one.where else "", ", ".join(sorted(one.fields)), one.reason]
        for one in ALLOWANCES
    ]
    return f"""\
A canary is a text that nobody guesses (`CANARY-` and 32 hexadecimal digits), with a card number and an e-mail address
that nobody has. Each field has canaries of its own; a dataset's file is named by one, and so are a source, a model that
is called, a judge, and what a suite calls a model. Then this happens on the deployed system:

{listed}
After that every place is read whole and searched: as it stands, in any case, escaped (JSON, URL), as base64,
hexadecimal and UTF-16, compressed (gzip, zlib), and three of these inside one another. A third of a canary is a find.

## What was found

0: nothing. allowed: found, and meant to be there for a reason of the next table.

{hunt.matrix()}
"Bedrock's quotation" is a text of the dataset that a failure message of Bedrock's repeats. Of what the twin keeps no
trace ({", ".join(silent) or "nothing"}) the writers are known. The state machine logs without execution data, and the
API's access log has none but harmless fields: both are looked up in what is deployed. Gavel's code makes no segment for
X-Ray, which would have been heard where the X-Ray daemon listens; Lambda's own segments name functions and requests.

## What may be found where

{table(["place", "where", "fields", "reason"], reasons)}
Not looked at, since Gavel neither writes nor configures them: CloudTrail's data events and S3's server access logs,
which name keys of objects, where the account has them on; Bedrock's model invocation logging, which holds prompts and
answers, where the account has it on; and what a model's provider does with what the model is sent.
"""

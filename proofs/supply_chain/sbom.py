"""The bill of materials of a release, as CycloneDX JSON: `python -m proofs.supply_chain` writes it.

Made from the lock files alone, so the same release has the same bytes: no time, no random serial number.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from typing import TYPE_CHECKING, Final

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL

from gavel.version import VERSION
from proofs.supply_chain import licences, locks
from proofs.supply_chain.contents import parts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from proofs.supply_chain.contents import Part

FORMAT: Final = SchemaVersion.V1_6


def bill(found: Iterable[Part]) -> str:
    """The document for those parts; what ships is `required`, tools are `excluded` from it."""
    listed = list(found)
    bom = Bom()
    bom.metadata.timestamp = None  # type: ignore[assignment]  # CycloneDX asks for none
    gavel = Component(
        name="gavel",
        version=VERSION,
        type=ComponentType.APPLICATION,
        bom_ref=f"gavel@{VERSION}",
        purl=PackageURL("pypi", None, "gavel", VERSION),
        licenses=[LicenseFactory().make_from_string("MIT")],
    )
    bom.metadata.component = gavel
    components = {part: _component(part) for part in listed}
    for component in components.values():
        bom.components.add(component)
    bom.register_dependency(gavel, [components[part] for part in listed if part.ships_in])
    content = "".join(f"{part!r}\n" for part in listed)
    bom.serial_number = uuid.UUID(bytes=hashlib.sha256(f"{VERSION}\n{content}".encode()).digest()[:16], version=5)
    return str(make_outputter(bom, OutputFormat.JSON, FORMAT).output_as_string(indent=2)) + "\n"


def invalid(document: str) -> str | None:
    """What CycloneDX's own schema has against the document; None when it has nothing."""
    error = JsonStrictValidator(FORMAT).validate_str(document)
    return None if error is None else str(error).partition("\n")[0]


def release() -> list[Part]:
    """The parts of this release."""
    known = {name: licence.expression for name, licence in licences.read().items()}
    return parts(known, locks.node_lock())


def _component(part: Part) -> Component:
    namespace, _, name = part.name.rpartition("/")
    purl = PackageURL(part.kind, namespace or None, name, part.version)
    return Component(
        name=name,
        group=namespace or None,
        version=part.version,
        type=ComponentType.LIBRARY,
        bom_ref=str(purl),
        purl=purl,
        scope=ComponentScope.REQUIRED if part.ships_in else ComponentScope.EXCLUDED,
        licenses=[LicenseFactory().make_from_string(part.licence)],
        properties=[Property(name="gavel:ships-in", value=where) for where in part.ships_in],
        # A distribution has a file for each platform; any of these hashes is good.
        external_references=[
            ExternalReference(
                type=ExternalReferenceType.DISTRIBUTION,
                url=XsUri(str(purl)),
                hashes=[_hash(one) for one in part.hashes],
            )
        ],
    )


def _hash(text: str) -> HashType:
    if text.startswith("sha512-"):
        return HashType(alg=HashAlgorithm.SHA_512, content=base64.b64decode(text.removeprefix("sha512-")).hex())
    return HashType(alg=HashAlgorithm.SHA_256, content=text)

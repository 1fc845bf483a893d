"""Catalogs of any size, one writer for each format: services in layers, each on two of those before it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from openpyxl import Workbook

WORDS = ["checkout", "ledger", "search", "basket", "invoice", "stock", "mail", "price", "login", "report"]
ARCHIMATE = "http://www.opengroup.org/xsd/archimate/3.0/"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
COLUMNS = [
    {"meaning": "identity", "header": "Tag"},
    {"meaning": "name", "header": "Name"},
    {"meaning": "ci_type", "fallback": "component"},
    {"meaning": "description", "header": "Description"},
    {"meaning": "attribute", "target": "rack", "header": "Rack"},
    {"meaning": "relationship", "target": "depends-on", "header": "Needs", "separator": "|"},
]


def names(count: int) -> Iterator[tuple[str, str, list[str]]]:
    """(name, what it is for, the two that it needs)."""
    for number in range(count):
        needs = [_name(other) for other in (number // 2, number // 3) if other < number]
        yield _name(number), f"Number {number}: keeps the {WORDS[number % 7]} of the {WORDS[number % 9]}s", needs


def _name(number: int) -> str:
    return f"{WORDS[number % len(WORDS)]}-{number}"


def backstage(file: Path, count: int) -> None:
    with file.open("w") as out:
        for name, words, needs in names(count):
            tied = "".join(f"    - component:{one}\n" for one in dict.fromkeys(needs))
            out.write(
                f"---\napiVersion: backstage.io/v1alpha1\nkind: Component\nmetadata:\n  name: {name}\n"
                f"  description: '{words}'\n  tags: [java, tier-1]\nspec:\n  type: service\n  lifecycle: production\n"
                f"  owner: platform\n" + (f"  dependsOn:\n{tied}" if tied else "")
            )


def archimate(file: Path, count: int) -> None:
    with file.open("w") as out:
        out.write(f'<model xmlns="{ARCHIMATE}" xmlns:xsi="{XSI}" identifier="m"><name>Bench</name><elements>\n')
        for name, words, _needs in names(count):
            out.write(
                f'<element identifier="id-{name}" xsi:type="ApplicationComponent"><name xml:lang="en">{name}</name>'
                f"<documentation>{words}</documentation></element>\n"
            )
        out.write("</elements><relationships>\n")
        for name, _words, needs in names(count):
            for one in dict.fromkeys(needs):
                ends = f'source="id-{one}" target="id-{name}"'
                out.write(f'<relationship identifier="r-{name}-{one}" {ends} xsi:type="Serving"/>\n')
        out.write("</relationships></model>\n")


def cyclonedx_json(file: Path, count: int) -> None:
    def part(name: str, words: str) -> dict:
        purl = f"pkg:npm/{name}@1.0.0"
        return {
            "type": "library", "bom-ref": purl, "name": name, "version": "1.0.0", "purl": purl, "description": words,
            "licenses": [{"license": {"id": "MIT"}}],
        }  # fmt: skip

    with file.open("w") as out:
        out.write('{"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [\n')
        _joined(out, (part(name, words) for name, words, _needs in names(count)))
        out.write('], "dependencies": [\n')
        _joined(
            out,
            (
                {"ref": f"pkg:npm/{name}@1.0.0", "dependsOn": [f"pkg:npm/{one}@1.0.0" for one in dict.fromkeys(needs)]}
                for name, _words, needs in names(count)
            ),
        )
        out.write("]}\n")


def cyclonedx_xml(file: Path, count: int) -> None:
    with file.open("w") as out:
        out.write('<bom xmlns="http://cyclonedx.org/schema/bom/1.6" version="1"><components>\n')
        for name, words, _needs in names(count):
            purl = f"pkg:npm/{name}@1.0.0"
            out.write(
                f'<component type="library" bom-ref="{purl}"><name>{name}</name><version>1.0.0</version>'
                f"<description>{words}</description><licenses><license><id>MIT</id></license></licenses>"
                f"<purl>{purl}</purl></component>\n"
            )
        out.write("</components><dependencies>\n")
        for name, _words, needs in names(count):
            inner = "".join(f'<dependency ref="pkg:npm/{one}@1.0.0"/>' for one in dict.fromkeys(needs))
            out.write(f'<dependency ref="pkg:npm/{name}@1.0.0">{inner}</dependency>\n')
        out.write("</dependencies></bom>\n")


def spdx(file: Path, count: int) -> None:
    def package(name: str, words: str) -> dict:
        purl = {
            "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl", "referenceLocator": f"pkg:npm/{name}@1.0.0"
        }  # fmt: skip
        return {
            "SPDXID": f"SPDXRef-{name}", "name": name, "versionInfo": "1.0.0", "downloadLocation": "NOASSERTION",
            "description": words, "licenseConcluded": "MIT", "externalRefs": [purl],
        }  # fmt: skip

    with file.open("w") as out:
        head = {
            "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT", "name": "bench",
            "documentNamespace": "https://example.org/bench",
            "creationInfo": {"created": "2026-01-01T00:00:00Z", "creators": ["Tool: bench"]},
        }  # fmt: skip
        out.write(json.dumps(head)[:-1] + ', "packages": [\n')
        _joined(out, (package(name, words) for name, words, _needs in names(count)))
        out.write('], "relationships": [\n')
        _joined(
            out,
            (
                {
                    "spdxElementId": f"SPDXRef-{name}",
                    "relationshipType": "DEPENDS_ON",
                    "relatedSpdxElement": f"SPDXRef-{one}",
                }
                for name, _words, needs in names(count)
                for one in dict.fromkeys(needs)
            ),
        )
        out.write("]}\n")


def _joined(out: object, parts: Iterator[dict]) -> None:
    for number, part in enumerate(parts):
        out.write((",\n" if number else "") + json.dumps(part))


def csv(file: Path, count: int) -> None:
    with file.open("w") as out:
        out.write("Tag,Name,Description,Rack,Needs\n")
        for name, words, needs in names(count):
            out.write(f'{name},{name},"{words}",R{len(name)},{"|".join(dict.fromkeys(needs))}\n')


def xlsx(file: Path, count: int) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Items")
    sheet.append(["Tag", "Name", "Description", "Rack", "Needs"])
    for name, words, needs in names(count):
        sheet.append([name, name, words, f"R{len(name)}", "|".join(dict.fromkeys(needs))])
    book.save(file)


def tidegate(file: Path, count: int) -> None:
    with file.open("w") as out:
        out.write('{"format": "tidegate-cmdb", "version": 1, "items": [\n')
        items = (
            {"key": name, "name": name, "ci_type": "component", "description": words, "attributes": {"rack": "R1"}}
            for name, words, _needs in names(count)
        )
        _joined(out, items)
        out.write('], "relationships": [\n')
        ties = (
            {"source": name, "type": "depends-on", "target": one}
            for name, _words, needs in names(count)
            for one in dict.fromkeys(needs)
        )
        _joined(out, ties)
        out.write("]}\n")


WRITERS: dict[str, Callable[[Path, int], None]] = {
    "backstage": backstage,
    "archimate": archimate,
    "cyclonedx-json": cyclonedx_json,
    "cyclonedx-xml": cyclonedx_xml,
    "spdx": spdx,
    "csv": csv,
    "xlsx": xlsx,
    "tidegate": tidegate,
}

"""Zip files, written atomically and reproducibly."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from scalinglaws.files import write_output


def write_zip(target: Path, files: Mapping[str, bytes]) -> None:
    """Write {path: content} as a zip file.

    Raises CourseError if it cannot be written; an old one then stays.
    """
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            member = zipfile.ZipInfo(name)  # without the current time
            member.external_attr = 0o100644 << 16  # an ordinary file
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, data)
    write_output(target, content.getvalue())

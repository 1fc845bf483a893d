"""Files from outside, a piece at a time, however large they are."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO

from apps.core.errors import FieldError, Invalid

Content = bytes | BinaryIO  # what a reader takes: all of it, or a file that can be read more than once
CHUNK = 256 * 1024


class _View(io.RawIOBase):
    """A file read from a place of its own, so that several readers can share one."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._at = file, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:
        self._file.seek(self._at)
        found = self._file.read(len(buffer))
        buffer[: len(found)] = found
        self._at += len(found)
        return len(found)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_END:
            self._at = self._file.seek(offset, io.SEEK_END)
        else:
            self._at = offset + (self._at if whence == io.SEEK_CUR else 0)
        return self._at

    def tell(self) -> int:
        return self._at


class Watched(io.RawIOBase):
    """A file that counts what was read of it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.count = file, 0

    def read(self, size: int = -1) -> bytes:
        found = self._file.read(size)
        self.count += len(found)
        return found

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)


def opened(content: Content) -> io.BufferedReader:
    """From its beginning, whoever else reads it."""
    return io.BufferedReader(_View(io.BytesIO(content) if isinstance(content, bytes) else content), CHUNK)


def beginning(content: Content, size: int) -> bytes:
    """Its first bytes."""
    return opened(content).read(size)


def decoded(content: Content, encoding: str, hint: str = "") -> Iterator[str]:
    """The text, in pieces. Raises Invalid with the place of the first byte that is none."""
    file, decoder, offset = opened(content), codecs.getincrementaldecoder(encoding)(), 0
    while True:
        piece = file.read(CHUNK)
        pending = len(decoder.getstate()[0])
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            place = offset - pending + error.start
            detail = f"It is not text in {error.encoding}: {error.reason} at byte {place}.{hint}"
            raise Invalid([FieldError("", "encoding", detail)]) from error
        offset += len(piece)
        yield text
        if not piece:
            return

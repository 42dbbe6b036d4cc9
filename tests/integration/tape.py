"""Reads and makes tapes as docs/tape.md describes them, with nothing of tickd's own."""

import glob
import json
import os
import struct
import subprocess
import zlib

HEADER = struct.Struct("<4sI8sIIIIQQQQqqI")
MARK = b"\x54\x2a\x4d\x18"


def files(folder):
    return sorted(glob.glob(os.path.join(folder, "tape-*.jsonl.zst")))


def zstd(data, *options):
    return subprocess.run(["zstd", "-q", "-c", *options], input=data, stdout=subprocess.PIPE,
                          check=True).stdout


class Block:
    """One block of a file: where it stands, its header, and its lines."""

    def __init__(self, data, offset):
        (mark, size, name, version, self.plain, packed, zero, self.run, self.number,
         self.first_input, self.inputs, self.first_us, self.last_us, checksum) = \
            HEADER.unpack_from(data, offset)
        assert (mark, size, name, version, zero) == (MARK, 76, b"tickdtap", 1, 0)
        assert checksum == zlib.crc32(data[offset: offset + 80])
        self.offset, self.length = offset, HEADER.size + packed
        self.text = zstd(data[offset + HEADER.size: offset + self.length], "-d")
        assert len(self.text) == self.plain

    def lines(self):
        return [json.loads(line) for line in self.text.split(b"\n")[:-1]]


def blocks(path):
    with open(path, "rb") as file:
        data = file.read()
    found, offset = [], 0
    while offset < len(data):
        found.append(Block(data, offset))
        offset += found[-1].length
    return found


def lines(path):
    return [line for block in blocks(path) for line in block.lines()]


def pack(block, text):
    """The block with other lines, as bytes."""
    frame = zstd(text, "--check")
    header = HEADER.pack(MARK, 76, b"tickdtap", 1, len(text), len(frame), 0, block.run,
                         block.number, block.first_input, block.inputs, block.first_us,
                         block.last_us, 0)[:-4]
    return header + struct.pack("<I", zlib.crc32(header)) + frame

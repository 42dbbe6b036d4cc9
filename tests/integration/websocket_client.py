"""A small WebSocket client (RFC 6455) for tests, on Python's standard library alone.

It shows what a server really sends: the handshake's answer whatever it is, each frame with its
reserved bits, and how the connection ended. Nothing is put right silently."""

import base64
import collections
import hashlib
import os
import socket
import ssl
import struct
import time

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

Frame = collections.namedtuple("Frame", "opcode final reserved payload")


class Refused(Exception):
    """The server answered the handshake with something other than 101."""

    def __init__(self, status, headers, body):
        super().__init__("HTTP %d" % status)
        self.status, self.headers, self.body = status, headers, body


class Ended(Exception):
    """The connection is over; reset says whether by RST."""

    def __init__(self, reset):
        super().__init__("reset" if reset else "ended")
        self.reset = reset


class WebSocket:
    def __init__(self, host, port, token="test", ca=None, timeout=10, receive_buffer=None,
                 path=None, headers=()):
        self.received = bytearray()
        self.control = []  # control frames seen on the way to messages
        self.deadline = time.monotonic() + timeout
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        try:
            self.socket.connect((host, port))
            if ca:
                context = ssl.create_default_context(cafile=ca)
                self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
            self._handshake(host, port, path or "/?token=" + token, headers)
        except BaseException:
            self.socket.close()
            raise

    def _handshake(self, host, port, path, more):
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((
            "GET %s HTTP/1.1\r\nHost: %s:%d\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n%s\r\n"
            % (path, host, port, key, "".join(line + "\r\n" for line in more))).encode())
        while b"\r\n\r\n" not in self.received:
            self._more()
        head, _, rest = bytes(self.received).partition(b"\r\n\r\n")
        self.received = bytearray(rest)
        self.head = head.decode()
        lines = self.head.split("\r\n")
        status = int(lines[0].split(" ")[1])
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        self.headers = headers
        if status != 101:
            try:
                while True:
                    self._more()
            except Ended:
                pass
            raise Refused(status, headers, bytes(self.received))
        accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
        assert headers["sec-websocket-accept"] == accept, headers
        assert headers["upgrade"].lower() == "websocket", headers
        assert headers["connection"].lower() == "upgrade", headers

    def _more(self):
        """Reads some bytes, or raises Ended or socket.timeout."""
        left = self.deadline - time.monotonic()
        if left <= 0:
            raise socket.timeout("nothing came in time")
        self.socket.settimeout(left)
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            raise Ended(True) from None
        except ssl.SSLEOFError:
            raise Ended(False) from None
        if not data:
            raise Ended(False)
        self.received += data

    def _take(self, length):
        while len(self.received) < length:
            self._more()
        data = bytes(self.received[:length])
        del self.received[:length]
        return data

    def frame(self, timeout=10):
        """The next frame, of whatever kind."""
        self.deadline = time.monotonic() + timeout
        while len(self.received) < 2:
            self._more()
        extra = {126: 2, 127: 8}.get(self.received[1] & 0x7F, 0)
        while len(self.received) < 2 + extra:
            self._more()
        assert not self.received[1] & 0x80, "a server's frame is masked"
        length = self.received[1] & 0x7F
        if extra:
            length = int.from_bytes(self.received[2:2 + extra], "big")
        while len(self.received) < 2 + extra + length:
            self._more()
        first = self.received[0]
        payload = self._take(2 + extra + length)[2 + extra:]
        return Frame(first & 0x0F, bool(first & 0x80), first >> 4 & 7, payload)

    def message(self, timeout=10):
        """The next whole message as (opcode, bytes); control frames are answered and noted."""
        opcode, parts = None, []
        while True:
            frame = self.frame(timeout)
            if frame.opcode >= CLOSE:
                self.control.append(frame)
                if frame.opcode == PING:
                    self.send(PONG, frame.payload)
                if frame.opcode == CLOSE:
                    self.send(CLOSE, frame.payload)
                continue
            assert (frame.opcode == 0) == (opcode is not None), "fragments out of order"
            opcode = opcode if opcode is not None else frame.opcode
            parts.append(frame.payload)
            if frame.final:
                return opcode, b"".join(parts)

    def text(self, timeout=10):
        opcode, data = self.message(timeout)
        assert opcode == TEXT, opcode
        return data.decode()

    def send(self, opcode, payload, final=True):
        if isinstance(payload, str):
            payload = payload.encode()
        mask = os.urandom(4)
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))
        head = bytes([(0x80 if final else 0) | opcode])
        if len(payload) < 126:
            head += bytes([0x80 | len(payload)])
        elif len(payload) < 65536:
            head += bytes([0x80 | 126]) + struct.pack(">H", len(payload))
        else:
            head += bytes([0x80 | 127]) + struct.pack(">Q", len(payload))
        self.socket.sendall(head + mask + masked)

    def subscribe(self, *symbols):
        for symbol in symbols:
            self.send(TEXT, '{"type":"subscribe","symbol":"%s"}' % symbol)

    def unsubscribe(self, *symbols):
        for symbol in symbols:
            self.send(TEXT, '{"type":"unsubscribe","symbol":"%s"}' % symbol)

    def close(self):
        self.socket.close()

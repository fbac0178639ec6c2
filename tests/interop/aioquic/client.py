"""A WebTransport client on aioquic: runs one scenario against the server on the
given port and prints its results as one JSON object."""

import asyncio
import json
import ssl
import sys

from aioquic.asyncio import QuicConnectionProtocol, connect
from aioquic.buffer import encode_uint_var
from aioquic.h3.connection import H3_ALPN, FrameType, H3Connection
from aioquic.h3.events import (
    DatagramReceived,
    DataReceived,
    HeadersReceived,
    WebTransportStreamDataReceived,
)
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.events import StopSendingReceived, StreamReset

CLOSE_CAPSULE = 0x2843
FIRST_CODE = 0x52E4A40FA8DB


def to_http3(code: int) -> int:
    return FIRST_CODE + code + code // 30


class Client(QuicConnectionProtocol):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.http = H3Connection(self._quic, enable_webtransport=True)
        self.events = asyncio.Queue()

    def quic_event_received(self, event):
        if isinstance(event, (StopSendingReceived, StreamReset)):
            self.events.put_nowait(event)
        for http_event in self.http.handle_event(event):
            self.events.put_nowait(http_event)

    async def until(self, kind, matches=lambda event: True):
        """The next event of `kind`; skips others."""
        while True:
            event = await asyncio.wait_for(self.events.get(), 10)
            if isinstance(event, kind) and matches(event):
                return event

    async def stream(self, matches):
        """Id, bytes and FIN of the next WebTransport stream that matches."""
        data = b""
        while True:
            event = await self.until(
                WebTransportStreamDataReceived, lambda e: matches(e.stream_id)
            )
            data += event.data
            if event.stream_ended:
                return data.decode()

    def connect_request(self, port, protocols):
        self.session = self._quic.get_next_available_stream_id()
        headers = [
            (b":method", b"CONNECT"),
            (b":scheme", b"https"),
            (b":authority", f"127.0.0.1:{port}".encode()),
            (b":path", b"/demo?x=1"),
            (b":protocol", b"webtransport"),
            (b"origin", b"https://example.com"),
            (b"wt-available-protocols", protocols),
        ]
        self.http.send_headers(self.session, headers)
        self.transmit()

    def open(self, data, is_uni, fin=True):
        stream = self.http.create_webtransport_stream(
            self.session, is_unidirectional=is_uni
        )
        if not is_uni:
            # aioquic looks for frames in the answer, which has none.
            with self.http._get_or_create_stream(stream) as state:
                state.frame_type = FrameType.WEBTRANSPORT_STREAM
                state.session_id = self.session
        self._quic.send_stream_data(stream, data, end_stream=fin)
        self.transmit()
        return stream

    async def answer(self, text):
        """The server's answer, on its next unidirectional stream, to `text` on one of ours."""
        self.open(text.encode(), is_uni=True)
        return await self.stream(lambda id: id % 4 == 3)


async def run(port):
    seen = {}
    configuration = QuicConfiguration(
        is_client=True,
        alpn_protocols=H3_ALPN,
        max_datagram_frame_size=65536,
        verify_mode=ssl.CERT_NONE,
        server_name="localhost",
    )
    async with connect(
        "127.0.0.1", port, configuration=configuration, create_protocol=Client
    ) as client:
        client.connect_request(port, b'"moq-lite-09", "moq-lite-05"')
        response = await client.until(HeadersReceived)
        seen["headers"] = {k.decode(): v.decode() for k, v in response.headers}

        echo = client.open(b"to and fro", is_uni=False)
        seen["bidi"] = await client.stream(lambda id: id == echo)
        seen["uni"] = await client.answer("hello")

        client.http.send_datagram(client.session, b"datagram")
        client.transmit()
        seen["datagram"] = (await client.until(DatagramReceived)).data.decode()

        reset = client.open(b"partial", is_uni=True, fin=False)
        # A reset discards what was not read yet, the stream's header included.
        seen["before reset"] = await client.stream(lambda id: id % 4 == 3)
        client._quic.reset_stream(reset, to_http3(64))
        client.transmit()
        seen["reset"] = await client.stream(lambda id: id % 4 == 3)

        # A stream that is reset before its header; the session must continue.
        bare = client._quic.get_next_available_stream_id()
        client._quic.send_stream_data(bare, b"")
        client._quic.reset_stream(bare, to_http3(1))
        client.transmit()
        seen["after bare reset"] = await client.answer("still here")

        client.open(b"flood", is_uni=True)
        event = await client.until(
            WebTransportStreamDataReceived, lambda e: e.stream_id % 4 == 3
        )
        client._quic.stop_stream(event.stream_id, to_http3(77))
        client.transmit()
        seen["stop"] = await client.stream(
            lambda id: id % 4 == 3 and id != event.stream_id
        )

        echo = client.open(b"x", is_uni=False, fin=False)
        await client.until(
            WebTransportStreamDataReceived, lambda e: e.stream_id == echo
        )
        client.open(b"stop", is_uni=True)
        seen["stopped"] = (
            await client.until(StopSendingReceived)
        ).error_code

        if sys.argv[2] == "client":
            reason = b"bye"
            body = (1234).to_bytes(4, "big") + reason
            capsule = (
                encode_uint_var(CLOSE_CAPSULE) + encode_uint_var(len(body)) + body
            )
            client.http.send_data(client.session, capsule, end_stream=True)
            client.transmit()
        else:
            client.open(b"close", is_uni=True)
            data = b""
            while True:
                event = await client.until(
                    DataReceived, lambda e: e.stream_id == client.session
                )
                data += event.data
                if event.stream_ended:
                    break
            seen["capsule"] = data.hex()
        await client.wait_closed()
        seen["close"] = client._quic._close_event.error_code
    print(json.dumps(seen))


asyncio.run(run(int(sys.argv[1])))

"""A small forward proxy: opens tunnels (CONNECT) and remembers for whom."""

import asyncio
import base64
import threading

Ends = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class ForwardProxy:
    """`with ForwardProxy() as proxy:`; with a login it refuses all others with 407."""

    def __init__(self, login: str | None = None) -> None:
        self.port = 0
        self.targets: list[str] = []  # "host:port" of every tunnel asked for
        self.heads: list[str] = []
        self._wanted = login and "Basic " + base64.b64encode(login.encode()).decode()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> "ForwardProxy":
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._accepted, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            self.heads.append(head)
            target = head.split(" ", 2)[1]
            self.targets.append(target)
            if self._wanted and f"Proxy-Authorization: {self._wanted}\r\n" not in head:
                writer.write(b"HTTP/1.1 407 Who are you\r\nproxy-authenticate: Basic realm=x\r\n"
                             b"content-length: 0\r\n\r\n")
                return await writer.drain()
            await self._tunnel(target, reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _tunnel(self, target: str, reader: asyncio.StreamReader,
                      writer: asyncio.StreamWriter) -> None:
        host, port = target.rsplit(":", 1)
        far = await asyncio.open_connection(host, int(port))
        writer.write(b"HTTP/1.1 200 Connected\r\n\r\n")
        await self._carry((reader, writer), far)

    async def _carry(self, near: Ends, far: Ends) -> None:
        """Copies both ways until one side ends."""
        try:
            await asyncio.wait([asyncio.ensure_future(_copy(near[0], far[1])),
                                asyncio.ensure_future(_copy(far[0], near[1]))],
                               return_when=asyncio.FIRST_COMPLETED)
        finally:
            far[1].close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1 << 16):
        writer.write(data)
        await writer.drain()

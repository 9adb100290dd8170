"""A small SOCKS5 proxy (RFC 1928, RFC 1929): opens tunnels and remembers for whom."""

import asyncio
import ipaddress

from upstream.proxy import ForwardProxy

VERSION = 5
NO_LOGIN, LOGIN, NOTHING_SUITS = 0, 2, 0xFF
CONNECT = 1
IPV4, NAME, IPV6 = 1, 3, 4
SUCCESS, REFUSED = 0, 5
NOWHERE = bytes([IPV4, 0, 0, 0, 0, 0, 0])  # where the tunnel begins: nobody needs to know


class SocksProxy(ForwardProxy):
    """`with SocksProxy() as proxy:`; with a login it talks to nobody without it. Every name is this
    machine's, as its caller cannot know better."""

    def __init__(self, login: str | None = None) -> None:
        super().__init__()
        self._login = login
        self.logins: list[str] = []

    @property
    def url(self) -> str:
        return f"socks5h://127.0.0.1:{self.port}"

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if await self._greeted(reader, writer):
                await self._connect(reader, writer)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _greeted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        _, count = await reader.readexactly(2)
        offered = await reader.readexactly(count)
        wanted = NO_LOGIN if self._login is None else LOGIN
        method = wanted if wanted in offered else NOTHING_SUITS
        writer.write(bytes([VERSION, method]))
        if method != LOGIN:
            return method == NO_LOGIN
        _, size = await reader.readexactly(2)
        user = await reader.readexactly(size)
        password = await reader.readexactly((await reader.readexactly(1))[0])
        self.logins.append(f"{user.decode()}:{password.decode()}")
        good = self.logins[-1] == self._login
        writer.write(bytes([1, 0 if good else 1]))
        await writer.drain()
        return good

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        _, command, _, kind = await reader.readexactly(4)
        assert command == CONNECT
        if kind == NAME:
            host = (await reader.readexactly((await reader.readexactly(1))[0])).decode()
        else:
            host = str(ipaddress.ip_address(await reader.readexactly(4 if kind == IPV4 else 16)))
        port = int.from_bytes(await reader.readexactly(2), "big")
        self.targets.append(f"{host}:{port}")
        try:
            far = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            writer.write(bytes([VERSION, REFUSED, 0]) + NOWHERE)
            return await writer.drain()
        writer.write(bytes([VERSION, SUCCESS, 0]) + NOWHERE)
        await self._carry((reader, writer), far)

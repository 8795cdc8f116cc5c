"""Accepts every mail and writes it to a folder: `python -m topology.mail_catcher PORT FOLDER`. Nothing is sent on."""

import asyncio
import sys
from email import message_from_bytes
from itertools import count
from pathlib import Path

from topology.local_places import LOOPBACK

_REPLIES = {
    "EHLO": "250 mail catcher",
    "HELO": "250 mail catcher",
    "MAIL": "250 sender ok",
    "RCPT": "250 recipient ok",
    "RSET": "250 forgotten",
    "NOOP": "250 ok",
    "DATA": "354 end with a dot on a line of its own",
    "QUIT": "221 bye",
}
_MOST_BYTES = 10_000_000


class MailCatcher:
    """Speaks as much of SMTP as a sender needs, and writes one numbered file for each mail."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = count(1)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Hold one conversation to its end; a sender that breaks off is not an error."""
        try:
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail catcher\r\n")
        while line := await reader.readline():
            verb = line[:4].decode("ascii", "replace").upper()
            writer.write(_REPLIES.get(verb, "502 not known").encode() + b"\r\n")
            await writer.drain()
            if verb == "DATA":
                writer.write(self._keep(await _message(reader)).encode() + b"\r\n")
            if verb == "QUIT":
                return

    def _keep(self, message: bytes) -> str:
        number = next(self._numbers)
        (self._folder / f"{number:05d}.eml").write_bytes(message)
        sys.stdout.write(f"{number:05d} {message_from_bytes(message)['Subject']}\n")
        sys.stdout.flush()
        return f"250 kept as {number:05d}"


async def _message(reader: asyncio.StreamReader) -> bytes:
    whole = await reader.readuntil(b"\r\n.\r\n")
    return whole.removesuffix(b".\r\n").replace(b"\r\n..", b"\r\n.")


async def _main(port: int, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    server = await asyncio.start_server(MailCatcher(folder).serve, LOOPBACK, port, limit=_MOST_BYTES)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1]), Path(sys.argv[2])))

"""Keep connections open between requests, also where the server speaks TLS 1.3.

Such a server may send its session tickets after its first answer, as PuppetDB does. urllib3 takes
an idle connection with anything to read for one that the server has closed, and would open a new
one for each request.
"""

from __future__ import annotations

import queue
import ssl
from typing import Any

from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool


class _Idle(queue.LifoQueue[Any]):
    def _get(self) -> Any:
        connection = super()._get()
        sock = getattr(connection, "sock", None)
        if isinstance(sock, ssl.SSLSocket) and not _is_silent(sock):
            connection.close()  # the request opens it again
        return connection


class _Pool(HTTPSConnectionPool):
    QueueCls = _Idle


CLASSES = {"http": HTTPConnectionPool, "https": _Pool}  # for `pool_classes_by_scheme`


def _is_silent(sock: ssl.SSLSocket) -> bool:
    """Take the tickets that have come; tell whether there was nothing else."""
    timeout = sock.gettimeout()
    sock.setblocking(False)
    try:
        sock.recv(1)
    except ssl.SSLWantReadError:  # no byte of an answer that nobody asked for, and not the end
        return True
    except OSError:
        return False
    finally:
        sock.settimeout(timeout)
    return False

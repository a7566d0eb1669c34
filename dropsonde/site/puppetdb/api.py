"""Query PuppetDB's servers over HTTP, one after the other, until one gives a whole answer."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

import requests

from dropsonde.common.errors import PuppetDBError
from dropsonde.common.urls import shown
from dropsonde.http import explain, within

PATH = "/pdb/query/v4"
CHUNK = 1024 * 1024
NOT_ALLOWED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)
ASK_ALLOWLIST = "check that PuppetDB's certificate-allowlist names this host's certificate"
ASK_VERSION = "check that this address is a PuppetDB of version 7 or 8"

Answer = TypeVar("Answer")
_log = logging.getLogger(__name__)


class Api:
    """PuppetDB's servers; see :class:`dropsonde.site.puppetdb.PuppetDB` for the arguments."""

    def __init__(
        self,
        urls: Sequence[str],
        session: requests.Session,
        timeout: tuple[float, float],
        max_bytes: int,
        patience: float,
    ) -> None:
        self._urls = list(urls)
        self._session = session
        self._timeout = timeout
        self._max_bytes = max_bytes
        self._patience = patience

    def ask(self, query: list[Any], read: Callable[[Any], Answer]) -> Answer:
        """Return the first valid answer to a query.

        Args:
            query: in PuppetDB's AST.
            read: converts the answer's JSON to the result; raises ValueError when it cannot.

        Raises:
            PuppetDBError: no server gave one; the message names each server's fault.
        """
        faults: list[PuppetDBError] = []
        for url in tuple(self._urls):
            try:
                answer = read(self._asked(url, query))
            except requests.RequestException as error:
                faults.append(_explained(error, url))
            except ValueError:  # from `read`; requests' own are caught above
                faults.append(PuppetDBError(f"{shown(url)}: unexpected answer", ASK_VERSION))
            else:
                self._urls.remove(url)
                self._urls.insert(0, url)
                return answer
            _log.debug("PuppetDB: server %d of %d failed", len(faults), len(self._urls))
        raise PuppetDBError("; ".join(fault.what for fault in faults), faults[-1].advice)

    def _asked(self, url: str, query: list[Any]) -> Any:
        return within(self._patience, lambda: self._fetch(url, query))

    def _fetch(self, url: str, query: list[Any]) -> Any:
        answer = self._session.get(
            url + PATH, params={"query": json.dumps(query)}, timeout=self._timeout, stream=True
        )
        with answer:
            answer.raise_for_status()
            content = bytearray()
            for part in answer.iter_content(CHUNK):
                content += part
                if len(content) > self._max_bytes:
                    raise ValueError("the answer is too long")
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            raise requests.exceptions.InvalidJSONError("not JSON") from error


def _explained(error: requests.RequestException, url: str) -> PuppetDBError:
    what, advice = explain(error, url)
    if error.response is not None and error.response.status_code in NOT_ALLOWED:
        advice = ASK_ALLOWLIST
    return PuppetDBError(what, advice)

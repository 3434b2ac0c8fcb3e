"""What nobody fakes is refused, recorded and told of."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request

import pytest

from seamproof.boundaries.http_proxy import proxy_variables
from seamproof.core.canary import canary
from seamproof.core.experiment import BoundaryKind, CrossingKey, Fault, FaultKind


def opener(proxy):
    handler = urllib.request.ProxyHandler({"http": proxy.url, "https": proxy.url})
    return urllib.request.build_opener(handler)


def test_a_call_in_plain_text_is_refused(proxy, unfaked):
    proxy.begin()
    with pytest.raises(urllib.error.HTTPError) as raised:
        opener(proxy).open("http://api.example.com/v1/customers/17?expand=card", timeout=5)
    assert raised.value.code == 502
    problem = json.load(raised.value)
    shape = "GET http://api.example.com /v1/customers/{}?expand"
    assert shape in problem["detail"]
    (call,) = proxy.crossings()
    assert (call.key.shape, call.tag, call.response.status) == (shape, "502", 502)
    assert call.statement == "GET http://api.example.com/v1/customers/17?expand=card"
    assert [each.shape for each in unfaked] == [shape]


def test_a_tunnel_is_refused(proxy, unfaked):
    proxy.begin()
    with pytest.raises(urllib.error.URLError, match="502"):
        opener(proxy).open("https://api.example.com/v1/customers", timeout=5)
    (call,) = proxy.crossings()
    shape = "CONNECT api.example.com:443"
    assert (call.key.shape, call.statement, call.tag) == (shape, shape, "502")
    assert [each.shape for each in unfaked] == [shape]


def test_a_call_is_redirected_to_a_port_of_ours(proxy, unfaked):
    proxy.boundary.sinkhole = "http://127.0.0.1:9"
    key = CrossingKey("GET http://api.example.com /{}", boundary=BoundaryKind.HTTP_OUT)
    fault = Fault(FaultKind.REDIRECTED, key, text="{sinkhole}/mark")
    proxy.begin(fault)
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as raw:
        raw.sendall(b"GET http://api.example.com/17 HTTP/1.1\r\nHost: api.example.com\r\n\r\n")
        answer = raw.recv(65536).decode()
    assert answer.startswith("HTTP/1.1 302 ")
    assert "Location: http://127.0.0.1:9/mark\r\n" in answer
    (call,) = proxy.crossings()
    assert (call.tag, call.fault) == ("302", fault)
    assert proxy.reached() == (fault,)
    assert not unfaked


def test_what_a_check_had_called_is_nobodys_to_fake(proxy, unfaked):
    proxy.begin()
    with pytest.raises(urllib.error.HTTPError):
        opener(proxy).open(f"http://www.example.com/{canary('ssrf', 'it')}", timeout=5)
    assert len(proxy.crossings()) == 1
    assert not unfaked


def test_credentials_in_a_url_are_no_part_of_a_shape(proxy):
    proxy.begin()
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as raw:
        for target in (b"http://user:word@api.example.com/a", b"/a", b"http://[::1/"):
            raw.sendall(b"GET %s HTTP/1.1\r\nHost: other.example\r\n\r\n" % target)
            assert raw.recv(65536).startswith(b"HTTP/1.1 502 ")
    assert [each.key.shape for each in proxy.crossings()] == [
        "GET http://api.example.com /a",
        "GET http://other.example /a",
        "GET http://[::1/ /",
    ]


CLIENT = """
import sys, urllib.request, urllib.error
try:
    print(urllib.request.urlopen(sys.argv[1], timeout=5).status)
except urllib.error.HTTPError as error:
    print(error.code)
"""


def test_a_process_finds_the_proxy_in_its_environment_and_passes_it_by_at_home(proxy, stub):
    environment = {**os.environ, **proxy_variables(proxy.port)}

    def call(url):
        command = [sys.executable, "-c", CLIENT, url]
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=20, check=False
        )
        return done.stdout.strip(), done.stderr

    assert call("http://api.example.com/") == ("502", "")
    assert call(f"{stub.url}/turns") == ("200", "")
    assert len(proxy.crossings()) == 1

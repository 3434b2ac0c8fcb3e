"""Where the service is in a file: its address, and what is below it."""

from __future__ import annotations

from urllib.parse import SplitResult, unquote, urlsplit

from seamproof.core.errors import ConfigurationError

_PORTS = {"http": ":80", "https": ":443"}


def address(text: str) -> SplitResult | None:
    """A URL in its parts; None for what is none, or has no host."""
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        return None
    hosted = url.hostname and (port is None or port > 0)
    return url if hosted or url.scheme not in {"http", "https", ""} else None


def authority(url: SplitResult) -> str:
    """Host and port, without a port that the scheme implies (RFC 3986, section 6.2.3)."""
    return url.netloc.rpartition("@")[2].lower().removesuffix(_PORTS.get(url.scheme.lower(), ":"))


def based(text: str) -> SplitResult:
    """The address that a person gives. Raises ConfigurationError for what is none."""
    url = address(text)
    if url is None or url.scheme.lower() not in {"http", "https"}:
        raise ConfigurationError(
            f"--base {text!r} is no address", hint="write it as http://127.0.0.1:8000"
        )
    return SplitResult(url.scheme.lower(), authority(url), url.path.rstrip("/"), "", "")


def below(url: SplitResult, base: SplitResult) -> tuple[str, ...] | None:
    """The segments of a path below the base's, percent-decoded; None where it is not below."""
    path = url.path or "/"
    same = (url.scheme.lower(), authority(url)) == (base.scheme, base.netloc)
    if not same or not path.startswith(f"{base.path}/"):
        return None
    return tuple(unquote(each) for each in path[len(base.path) + 1 :].split("/"))

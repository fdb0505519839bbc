"""How much memory this process may still take."""

import re
from pathlib import Path

_MEMINFO = Path("/proc/meminfo")
_STATUS = Path("/proc/self/status")
_GROUP = Path("/sys/fs/cgroup")


def free_bytes() -> int | None:
    """Return the bytes that can be taken before something is killed; None where Linux is not.

    The least of what the machine has, what its control group (a container) leaves, and what
    `ulimit -v` leaves.
    """
    if not _MEMINFO.exists():
        return None
    import resource

    bounds = [_kilobytes(_MEMINFO, "MemAvailable")]
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit != resource.RLIM_INFINITY:
        bounds.append(limit - _kilobytes(_STATUS, "VmSize"))
    maximum = _GROUP / "memory.max"
    if maximum.exists() and (text := maximum.read_text().strip()).isdigit():
        reclaimable = re.search(
            r"^inactive_file (\d+)$", (_GROUP / "memory.stat").read_text(), re.M
        )
        used = int((_GROUP / "memory.current").read_text())
        bounds.append(int(text) - used + int(reclaimable[1] if reclaimable else 0))
    return max(min(bounds), 0)


def _kilobytes(path: Path, name: str) -> int:
    """Return a figure of a `/proc` table, in bytes."""
    found = re.search(rf"^{name}:\s+(\d+) kB$", path.read_text(), re.M)
    return int(found[1]) * 1024 if found else 0

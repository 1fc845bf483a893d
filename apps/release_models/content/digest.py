"""One content, one digest: SHA-256 over canonical JSON."""

import hashlib
import json
from typing import Any


def canonical(content: Any) -> str:
    """JSON with sorted names and no spaces: equal contents give equal texts."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def digest_of(content: Any) -> str:
    return hashlib.sha256(canonical(content).encode()).hexdigest()

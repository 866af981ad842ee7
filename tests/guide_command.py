"""`guide` as its users call it, in a process of its own.

Most of a command's ten seconds go into imports; so where processes can be forked, they are forked from one that has
imported everything and done nothing else.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GUIDE = Path(sys.executable).with_name("guide")
_TIMEOUT_S = 300
_FORKING = """
import json, os, sys, traceback
import bm25s, faiss, sentence_transformers, spacy, torch
import bot.engine, ingest.cli
for line in sys.stdin:
    wanted = json.loads(line)
    child = os.fork()
    if child:
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
        continue
    for number, name in ((0, os.devnull), (1, wanted["out"]), (2, wanted["err"])):
        os.dup2(os.open(name, os.O_RDWR), number)
    os.environ.clear()
    os.environ.update(wanted["environment"])
    sys.argv = wanted["command"]
    try:
        ingest.cli.main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
"""


def guide(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command in the root of the checkout; `environment` is added to this process's."""
    command = [str(GUIDE), *map(str, arguments)]
    variables = os.environ | {"PYTHONWARNINGS": "ignore"} | environment
    if not hasattr(os, "fork"):
        return subprocess.run(
            command, capture_output=True, encoding="utf-8", cwd=ROOT, env=variables, timeout=_TIMEOUT_S
        )
    with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
        wanted = {"command": command, "environment": variables, "out": out.name, "err": err.name}
        forking = _forking()
        print(json.dumps(wanted), file=forking.stdin, flush=True)
        if not select.select([forking.stdout], [], [], _TIMEOUT_S)[0]:
            forking.kill()
            _forking.cache_clear()
            raise subprocess.TimeoutExpired(command, _TIMEOUT_S)
        code = int(forking.stdout.readline())
        read = [Path(file.name).read_text(encoding="utf-8") for file in (out, err)]
    return subprocess.CompletedProcess(command, code, *read)


@lru_cache(maxsize=1)
def _forking() -> subprocess.Popen[str]:
    """The process that forks; it ends when this one does, with the pipe to it."""
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", _FORKING],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        cwd=ROOT,
        env=os.environ | {"PYTHONWARNINGS": "ignore", "PYTHONUTF8": "1"},
    )

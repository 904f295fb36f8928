"""OpenSSH's server on this machine, for one user, with keys of its own."""

from __future__ import annotations

import getpass
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lab.stores import free_port

_CONFIGURATION = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/authorized
PidFile none
UsePAM no
StrictModes no
PermitRootLogin prohibit-password
PasswordAuthentication no
MaxStartups 100
LogLevel VERBOSE
Subsystem sftp internal-sftp -d {folder}/own
"""


@contextmanager
def sshd(folder: Path) -> Iterator[tuple[str, Path]]:
    """(user@host:port, a home in which `ssh` would find the keys of the user and the server's). Who logs in is in a
    folder `own` beside that home.
    """
    import asyncssh

    port = free_port()
    home = folder / "home"
    (home / ".ssh").mkdir(parents=True)
    (folder / "own").mkdir()
    for path in (folder / "host", home / ".ssh" / "id_ed25519"):
        key = asyncssh.generate_private_key("ssh-ed25519")
        key.write_private_key(path)
        path.chmod(0o600)
        key.write_public_key(path.with_name(f"{path.name}.pub"))
    shutil.copy(home / ".ssh" / "id_ed25519.pub", folder / "authorized")
    public = (folder / "host.pub").read_text()
    (home / ".ssh" / "known_hosts").write_text(f"[127.0.0.1]:{port} {public}")
    (folder / "sshd.conf").write_text(_CONFIGURATION.format(port=port, folder=folder))
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)  # where it locks itself up, as Debian builds it
    program = shutil.which("sshd")
    assert program is not None
    with (folder / "sshd.log").open("w") as log:
        server = subprocess.Popen([program, "-D", "-e", "-f", folder / "sshd.conf"], stderr=log)
    try:
        for _ in range(200):
            assert server.poll() is None, (folder / "sshd.log").read_text()
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        yield f"{getpass.getuser()}@127.0.0.1:{port}", home
    finally:
        server.terminate()
        server.wait()

"""What a command shows on a terminal; for scripts/picture and scripts/readme-outputs."""
import fcntl, getpass, os, pty, re, socket, struct, subprocess, termios


def shown(command, columns, environment, folder=None):
    """All that the shell command writes, a line that it writes over as it was last; by ana, on her laptop."""
    terminal, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    with subprocess.Popen(command, shell=True, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
                          stdout=inner, stderr=inner):
        os.close(inner)
        text = b""
        try:
            while part := os.read(terminal, 65536):
                text += part
        except OSError:  # this is how a terminal tells that all who wrote to it are gone
            pass
    os.close(terminal)
    text = text.decode().replace("\r\n", "\n").replace(environment["HOME"], "/home/ana")
    text = text.replace(f"{getpass.getuser()} on {socket.gethostname()}", "ana on laptop")
    return re.sub(r"^.*\r(?=[^\n])", "", text, flags=re.M).replace("\x1b[K", "").strip("\n") + "\n"

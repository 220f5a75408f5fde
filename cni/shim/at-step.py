"""at-step.py N kill|pause PROGRAM: runs PROGRAM up to the Nth time that it enters or leaves a system
call. There it is killed by SIGKILL, and the exit status is 9; or it pauses: a line on descriptor 3
says so, and it goes on when descriptor 4 is closed. A program that ends before that ends this one
with its own exit status."""

import ctypes
import os
import signal
import sys

PTRACE_TRACEME, PTRACE_CONT, PTRACE_SYSCALL = 0, 7, 24

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def trace(request, pid):
    if libc.ptrace(request, pid, None, None) < 0:
        sys.exit(f"ptrace: {os.strerror(ctypes.get_errno())}")


def wait(pid):
    _, status = os.waitpid(pid, 0)
    if os.WIFEXITED(status):
        sys.exit(os.WEXITSTATUS(status))


steps, action, program = int(sys.argv[1]), sys.argv[2], sys.argv[3]
child = os.fork()
if child == 0:
    trace(PTRACE_TRACEME, 0)
    os.execv(program, [program])

wait(child)  # stopped by execv
for _ in range(steps):
    trace(PTRACE_SYSCALL, child)
    wait(child)
if action == "kill":
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    sys.exit(9)
os.write(3, b"paused\n")
os.read(4, 1)
trace(PTRACE_CONT, child)
while True:
    wait(child)
    trace(PTRACE_CONT, child)

// First process of a PID namespace, and the one program of the sandbox image: it waits, and takes
// note of the end of those whose parent ended before them.
#include <signal.h>
#include <stddef.h>
#include <sys/wait.h>

int main(void) {
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGCHLD);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  sigprocmask(SIG_BLOCK, &ends, NULL);
  for (;;) {
    const int which = sigwaitinfo(&ends, NULL);
    if (which == SIGTERM || which == SIGINT) return 0;
    while (waitpid(-1, NULL, WNOHANG) > 0) {
    }
  }
}

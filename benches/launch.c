/* launch LOG PROGRAM ARGUMENT…
 *
 * Runs a program with its output in LOG, and prints what it took: wall and CPU time in microseconds, peak resident kB, and
 * its exit status. It is this small because a child inherits the peak of the process that forks it: under Python every
 * program would seem to take 10 MB. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static long long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static long long micros(struct timeval t) { return t.tv_sec * 1000000LL + t.tv_usec; }

int main(int count, char **arguments) {
    if (count < 3) return 64;
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, arguments[1], O_WRONLY | O_CREAT | O_TRUNC, 0644);
    posix_spawn_file_actions_adddup2(&files, 1, 2);

    pid_t child;
    long long began = now();
    if (posix_spawnp(&child, arguments[2], &files, NULL, arguments + 2, environ) != 0) return 127;
    int status;
    struct rusage usage;
    wait4(child, &status, 0, &usage);
    long long ended = now();

    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    long long cpu = micros(usage.ru_utime) + micros(usage.ru_stime);
    printf("%lld %lld %ld %d\n", ended - began, cpu, usage.ru_maxrss, code);
    return 0;
}

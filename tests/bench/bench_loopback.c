/* Trades over a loopback WebSocket into a running tickd, as fast as it takes them, against a reader
 * that only takes the bytes off the socket. finnhub-sim sends the same seeded market to both. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

enum { TRADES = 200000, PORT = 18951, ARGUMENTS_MAX = 32 };

static char bin[PATH_MAX];
static char folder[] = "/tmp/tickd-bench-XXXXXX";

static pid_t start(const char *const *arguments)
{
    char *copy[ARGUMENTS_MAX] = {NULL}; /* execv() takes no const, and changes nothing */
    for (size_t i = 0; arguments[i] != NULL; i++) {
        memcpy(&copy[i], &arguments[i], sizeof copy[i]);
    }
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execv(copy[0], copy);
        _exit(127);
    }
    if (pid < 0) {
        perror("fork");
        exit(EXIT_FAILURE);
    }
    return pid;
}

static pid_t start_feed(void)
{
    char program[PATH_MAX + 16];
    snprintf(program, sizeof program, "%s/finnhub-sim", bin);
    /* trading begins with the first client; a million a second is more than anybody takes */
    const char *const arguments[] = {
        program,  "--listen",  "127.0.0.1:18951", "--count", "200000",
        "--rate", "1000000",   "--market",        "walk",    "--wait-clients",
        "1",      "--symbols", "A,B,C,D",         "--quiet", NULL};
    return start(arguments);
}

static void wait_for(pid_t pid)
{
    int status;
    if (waitpid(pid, &status, 0) != pid) {
        perror("waitpid");
        exit(EXIT_FAILURE);
    }
}

static int connect_to_feed(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(PORT)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (int tries = 0; tries < 1000; tries++) {
        int descriptor = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(descriptor, (struct sockaddr *)&address, sizeof address) == 0) {
            return descriptor;
        }
        close(descriptor);
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    fprintf(stderr, "finnhub-sim does not listen\n");
    exit(EXIT_FAILURE);
}

/* A client's frame, masked with zeros. */
static void subscribe(int descriptor, char symbol)
{
    char text[64];
    char frame[80] = {(char)0x81};
    int length = snprintf(text, sizeof text, "{\"type\":\"subscribe\",\"symbol\":\"%c\"}", symbol);
    frame[1] = (char)(0x80 | length);
    memcpy(frame + 6, text, (size_t)length);
    if (write(descriptor, frame, (size_t)length + 6) < 0) {
        perror("write");
    }
}

static void only_read(void *context)
{
    static char bytes[1 << 16];
    (void)context;
    pid_t feed = start_feed();
    int descriptor = connect_to_feed();
    static const char request[] =
        "GET /?token=x HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
    if (write(descriptor, request, sizeof request - 1) < 0 ||
        read(descriptor, bytes, sizeof bytes) <= 0) {
        perror("handshake");
        exit(EXIT_FAILURE);
    }
    for (char symbol = 'A'; symbol <= 'D'; symbol++) {
        subscribe(descriptor, symbol);
    }
    while (read(descriptor, bytes, sizeof bytes) > 0) {
    }
    close(descriptor);
    wait_for(feed);
}

static void into_tickd(void *context)
{
    char program[PATH_MAX + 16];
    char state[64];
    char runtime[64];
    char logs[64];
    (void)context;
    snprintf(program, sizeof program, "%s/tickd", bin);
    snprintf(state, sizeof state, "%s/state", folder);
    snprintf(runtime, sizeof runtime, "%s/run", folder);
    snprintf(logs, sizeof logs, "%s/log", folder);
    const char *const arguments[] = {program,
                                     "--state-dir",
                                     state,
                                     "--runtime-dir",
                                     runtime,
                                     "--log-dir",
                                     logs,
                                     "--set",
                                     "feed.url=ws://127.0.0.1:18951",
                                     "--set",
                                     "feed.symbols=A,B,C,D",
                                     "--set",
                                     "feed.subscribe_interval_ms=0",
                                     "--set",
                                     "feed.backoff_min_ms=10",
                                     NULL};
    pid_t feed = start_feed();
    int probe = connect_to_feed(); /* it listens now: tickd's first attempt succeeds */
    close(probe);
    pid_t daemon = start(arguments);
    wait_for(feed);
    kill(daemon, SIGTERM);
    wait_for(daemon);
}

static void remove_folder(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    if (system(command) != 0) { /* NOLINT(cert-env33-c): a fixed command on our own folder */
        fprintf(stderr, "%s is left\n", folder);
    }
}

int main(void)
{
    const char *from = getenv("TICKD_BIN");
    snprintf(bin, sizeof bin, "%s", from != NULL ? from : "build/release/bin");
    signal(SIGPIPE, SIG_IGN);
    if (mkdtemp(folder) == NULL) {
        perror("mkdtemp");
        return EXIT_FAILURE;
    }
    printf(
        "from the server's start to its last trade taken, start and end of processes included\n");
    bench_compare(
        &(struct bench_case){"loopback into tickd, everything on", into_tickd, NULL, TRADES},
        &(struct bench_case){"  a reader that throws all away", only_read, NULL, TRADES}, "trade",
        0, BENCH_WALL);
    remove_folder();
    return 0;
}

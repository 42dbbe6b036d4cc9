/* With which codes the programs end, once: --help and the manuals come from these lists. The
 * numbers are those of sysexits(3). X(code, meaning). */
#ifndef TICKD_BIN_EXIT_CODES_H
#define TICKD_BIN_EXIT_CODES_H

#define TICKD_EXIT_CODES(X)                         \
    X(0, "done")                                    \
    X(64, "usage: the command line")                \
    X(65, "unreadable input")                       \
    X(69, "the feed refuses the key")               \
    X(70, "internal error")                         \
    X(71, "no memory, threads or descriptors left") \
    X(73, "a file, folder or socket cannot be had") \
    X(74, "input or output failed")                 \
    X(75, "restart wanted: memory")                 \
    X(78, "configuration")

#define TICKCTL_EXIT_CODES(X)                                                           \
    X(0, "done; status: running and healthy")                                           \
    X(1, "the daemon's error; status: running and not healthy")                         \
    X(64, "usage: the command line")                                                    \
    X(65, "tape: it is broken; stats: no page of counters; plot: nothing to draw")      \
    X(66, "tape, plot: there is no such file, or it cannot be read")                    \
    X(69, "no daemon answers; stats: there is no page; plot: gnuplot is not installed") \
    X(70, "plot: gnuplot has failed")                                                   \
    X(71, "no memory left")                                                             \
    X(73, "plot: the picture cannot be written")                                        \
    X(74, "the output cannot be written, or the page not read")                         \
    X(77, "not allowed")

#define FINNHUB_SIM_EXIT_CODES(X)                     \
    X(0, "done")                                      \
    X(64, "usage: the command line")                  \
    X(65, "a recording or certificate is unreadable") \
    X(71, "no memory left")                           \
    X(73, "the address cannot be listened at")        \
    X(74, "the output cannot be written")

#endif

/* finnhub-sim's options, once: its parser, --help, the manual and the completions come from this
 * list. X(ID, name, letter, values, repeatable, metavar, help), see base/options.h. */
#ifndef TICKD_BIN_FINNHUB_SIM_OPTIONS_H
#define TICKD_BIN_FINNHUB_SIM_OPTIONS_H

#include "tickd/base/options.h"

#define FINNHUB_SIM_LISTEN "127.0.0.1:8051"

#define FINNHUB_SIM_OPTIONS(X)                                                                    \
    X(LISTEN, "listen", '\0', OPTIONS_ONE, false, "ADDRESS:PORT",                                 \
      "where to listen; port 0 takes one that is free; default " FINNHUB_SIM_LISTEN)              \
    X(TLS, "tls", '\0', OPTIONS_TWO, false, "CERT KEY", "speak TLS, with these files in PEM")     \
    X(TOKEN, "token", '\0', OPTIONS_ONE, false, "T",                                              \
      "the only token that is let in; default: any")                                              \
    X(MARKET, "market", '\0', OPTIONS_ONE, false, "NAME",                                         \
      "synthetic market, see below; default regimes")                                             \
    X(PARAMETER, "parameter", '\0', OPTIONS_ONE, true, "NAME=VALUE", "of the market, see below")  \
    X(SYMBOLS, "symbols", '\0', OPTIONS_ONE, false, "A,B,...",                                    \
      "symbols that trade; of a replay only these; default: ten, and all of a replay")            \
    X(RATE, "rate", '\0', OPTIONS_ONE, false, "TRADES_PER_S",                                     \
      "trades a second, all symbols together, while the market is calm; default 100, of the "     \
      "market `quiet` 0.2")                                                                       \
    X(PER_FRAME, "per-frame", '\0', OPTIONS_ONE, false, "N",                                      \
      "most trades in one message (1 to 1000); default 10")                                       \
    X(HOLD_MS, "hold-ms", '\0', OPTIONS_ONE, false, "N",                                          \
      "a message that is not full waits this long for more; default 20")                          \
    X(SEED, "seed", '\0', OPTIONS_ONE, false, "N", "of everything that is random; default 1")     \
    X(REPLAY, "replay", '\0', OPTIONS_LIST, true, "CSV",                                          \
      "send these recorded trades (plain or gzip) instead of a market")                           \
    X(SPEED, "speed", '\0', OPTIONS_ONE, false, "X|max",                                          \
      "of a replay: times real time, or as fast as the clients read; default 1")                  \
    X(SHIFT_TO_NOW, "shift-to-now", '\0', OPTIONS_FLAG, false, NULL,                              \
      "of a replay: exchange times become the moments of sending, so that at speed X a recorded " \
      "second is 1/X seconds long; without it they stay as recorded")                             \
    X(SHIFT_WEEKS, "shift-weeks", '\0', OPTIONS_FLAG, false, NULL,                                \
      "of a replay: exchange times are moved by whole weeks until the first lies after now (New " \
      "York's time of day is kept): whatever the speed, a daemon's clock is then behind the "     \
      "trades "                                                                                   \
      "and closes no bar, so that its bars are those of the recording")                           \
    X(LONGEST_PAUSE_MS, "longest-pause-ms", '\0', OPTIONS_ONE, false, "N",                        \
      "of a replay: longer waits between two trades (nights) are cut short to this")              \
    X(FAULT, "fault", '\0', OPTIONS_ONE, true, "NAME[=ARG]", "imitate a fault, see below")        \
    X(COUNT, "count", '\0', OPTIONS_ONE, false, "N", "end after N trades that a client got")      \
    X(PING_MS, "ping-ms", '\0', OPTIONS_ONE, false, "N",                                          \
      "Finnhub's pings to everybody at the same time; 0 = none; default 60000")                   \
    X(WAIT_CLIENTS, "wait-clients", '\0', OPTIONS_ONE, false, "N",                                \
      "trading starts when N clients have subscribed; default 1 for a replay, otherwise 0")       \
    X(SETTLE_MS, "settle-ms", '\0', OPTIONS_ONE, false, "N",                                      \
      "and when no subscription has come for so long; default 1000")                              \
    X(STAY, "stay", '\0', OPTIONS_FLAG, false, NULL,                                              \
      "keep connections and pings up after the last trade, until a signal")                       \
    X(QUIET, "quiet", '\0', OPTIONS_FLAG, false, NULL,                                            \
      "no line on stderr for each connection and subscription")                                   \
    X(HELP, "help", '\0', OPTIONS_FLAG, false, NULL, "print this and exit")                       \
    X(VERSION, "version", '\0', OPTIONS_FLAG, false, NULL, "print the version and exit")

#endif

/* The alerts, each once: the monitor's rules, the status document, the metrics' labels and the
 * table of docs/alerts.md are made from this list.
 *
 * X(NAME, name, SEVERITY, MEASURE, COMPARISON, threshold, hold_s, clear_s, ACTION, summary, remedy)
 *
 *   name, SEVERITY   together they name the alert; a name may have one of each severity
 *   MEASURE          what is looked at, once a second (ALERT_MEASURES)
 *   COMPARISON       the condition: ABOVE, FROM (at least), or BELOW the threshold
 *   hold_s           seconds that the condition has to hold without a pause before it fires; 0 = at
 *                    once
 *   clear_s          seconds that it has to be gone without a pause before it is resolved, so that
 *                    an alert fires at most once in hold_s + clear_s
 *   ACTION           what tickd does about it by itself
 *   summary, remedy  what is wrong, and what an operator looks at first; a sentence each, without
 *                    its full stop */
#ifndef TICKD_BUS_ALERT_TABLE_H
#define TICKD_BUS_ALERT_TABLE_H

#include "tickd/base/compiler.h"

#define ALERT_LIST(X)                                                                              \
    X(MEMORY, memory, WARNING, MEMORY, ABOVE, 1.25, 300, 60, NONE,                                 \
      "resident memory is above 1.25 × its budget",                                                \
      "compare memory with clients in the status; too small a budget is raised by "                \
      "monitor.memory_budget_mb")                                                                  \
    X(MEMORY, memory, CRITICAL, MEMORY, ABOVE, 1.5, 60, 60, NONE,                                  \
      "resident memory is above 1.5 × its budget",                                                 \
      "as for the warning; at 1.75 × tickd ends to be started anew")                               \
    X(MEMORY_LIMIT, memory_limit, CRITICAL, MEMORY, ABOVE, 1.75, 10, 60, RESTART,                  \
      "resident memory is above 1.75 × its budget",                                                \
      "tickd has saved its state and ended with exit code 75, for the service manager to start "   \
      "it anew; if it comes again, raise monitor.memory_budget_mb or report a leak")               \
    X(HEALTH, health, WARNING, SCORE, BELOW, 80, 120, 60, NONE, "the health score is below 80%",   \
      "tickctl modules shows who owes what, and for how long")                                     \
    X(HEALTH, health, CRITICAL, SCORE, BELOW, 60, 60, 60, NONE, "the health score is below 60%",   \
      "tickctl modules shows who owes what, and for how long")                                     \
    X(MODULE_STALE, module_stale, WARNING, NOT_FRESH, FROM, 1, 120, 60, NONE,                      \
      "a module is stale or has failed", "tickctl modules shows which, the health log since when") \
    X(MODULE_STALE, module_stale, CRITICAL, NOT_FRESH, FROM, 3, 0, 60, NONE,                       \
      "more than two modules are stale or have failed",                                            \
      "look for what they share: a loop that hangs (loop lag), a full disk, a feed that is gone")  \
    X(STORE_QUEUE, store_queue, WARNING, STORE_FILL, ABOVE, 0.9, 10, 30, NONE,                     \
      "the archive's queue is more than 90% full",                                                 \
      "the disk is slower than the rows come; store.queue_rows gives more room")                   \
    X(STORE_QUEUE, store_queue, CRITICAL, STORE_FILL, FROM, 1, 0, 30, NONE,                        \
      "the archive's queue is full",                                                               \
      "rows may be missing in the archive; see to the disk of the state directory")                \
    X(TAPE_QUEUE, tape_queue, WARNING, TAPE_FILL, ABOVE, 0.9, 10, 30, NONE,                        \
      "the tape's buffers are more than 90% full",                                                 \
      "the disk is slower than the inputs come; tape.buffer_bytes gives more room")                \
    X(TAPE_QUEUE, tape_queue, CRITICAL, TAPE_FILL, FROM, 1, 0, 30, NONE,                           \
      "the tape's buffers are full",                                                               \
      "inputs may be missing in the tape; see to the disk of the state directory")                 \
    X(CLIENT_QUEUE, client_queue, WARNING, CLIENTS_FILL, ABOVE, 0.9, 10, 30, NONE,                 \
      "a client's output is more than 90% full",                                                   \
      "a client reads more slowly than its messages come; at the limit it is cut off")             \
    X(CLIENT_QUEUE, client_queue, CRITICAL, CLIENTS_FILL, FROM, 1, 0, 30, NONE,                    \
      "a client's output is full",                                                                 \
      "the client is about to be cut off; let it read faster or watch fewer topics")               \
    X(FEED, feed, WARNING, FEED_DOWN, FROM, 1, 120, 15, NONE,                                      \
      "the feed has been stale or without a connection for two minutes",                           \
      "tickctl status shows the reason; look at the network and at the feed's own status page")    \
    X(FEED, feed, CRITICAL, FEED_DOWN, FROM, 1, 600, 15, NONE,                                     \
      "the feed has been stale or without a connection for ten minutes",                           \
      "nothing is traded or learned until it is back; tickctl status shows the reason")            \
    X(FEED_REFUSED, feed_refused, CRITICAL, FEED_REFUSED, FROM, 1, 0, 15, NONE,                    \
      "the feed refuses the key",                                                                  \
      "see that the key is valid and not in use elsewhere, give the right one and restart")        \
    X(STORE, store, WARNING, STORE_FAILED, FROM, 1, 0, 30, NONE, "the archive cannot be written",  \
      "the health log has the reason; mostly the disk is full or the path not writable")           \
    X(STORE, store, CRITICAL, STORE_FAILED, FROM, 1, 60, 30, NONE,                                 \
      "the archive has not been writable for a minute",                                            \
      "make room on the disk or mend the path; tickd goes on trying by itself")                    \
    X(JOURNAL, journal, CRITICAL, JOURNAL_FAILING, FROM, 1, 0, 30, NONE,                           \
      "inputs cannot be recorded, so no new risk is taken",                                        \
      "make room on the disk of the state directory; trading goes on by itself once it is mended") \
    X(HALTED, halted, WARNING, HALTED, FROM, 1, 0, 0, NONE,                                        \
      "the kill switch is on: no new risk is taken",                                               \
      "see why (tickctl positions, the health log); tickctl unhalt releases it")                   \
    X(REGRET, regret, CRITICAL, REGRET_RATIO, ABOVE, 1, 0, 60, NONE,                               \
      "the consensus has lost more against its best agent than its theorem allows",                \
      "this is a bug of tickd: keep the tape and report it; consensus.model majority learns "      \
      "nothing and cannot be wrong in this way")

/* X(NAME, unit, meaning): what alerts look at. */
#define ALERT_MEASURES(X)                                                      \
    X(MEMORY, "× budget", "resident memory, of the process's budget")          \
    X(SCORE, "%", "the health score")                                          \
    X(NOT_FRESH, "modules", "modules that are stale or have failed")           \
    X(STORE_FILL, "full", "the archive's queue, 0 to 1")                       \
    X(TAPE_FILL, "full", "the tape's buffers, 0 to 1")                         \
    X(CLIENTS_FILL, "full", "the output of the fullest client, 0 to 1")        \
    X(FEED_DOWN, "",                                                           \
      "1 from the moment that the feed is stale, backing off or "              \
      "refused until it streams or is idle again")                             \
    X(FEED_REFUSED, "", "1 while the key is refused")                          \
    X(STORE_FAILED, "", "1 while the archive cannot be written")               \
    X(JOURNAL_FAILING, "", "1 while inputs cannot be recorded and have to be") \
    X(HALTED, "", "1 while the kill switch is on")                             \
    X(REGRET_RATIO, "× bound", "regret of the consensus's learner, of its bound")

/* ALERT_MEMORY_WARNING … */
enum alert_id {
#define X(NAME, name, SEVERITY, ...) ALERT_##NAME##_##SEVERITY,
    ALERT_LIST(X)
#undef X
        ALERT_COUNT
};

enum alert_measure {
#define X(NAME, unit, meaning) MEASURE_##NAME,
    ALERT_MEASURES(X)
#undef X
        MEASURE_COUNT
};

const char *alert_name(uint32_t id);

#endif

/* What an alert sink is told: one ALERT that fires or is resolved, as JSON and as text, and the
 * queue in which it waits for its turn. */
#ifndef TICKD_OPS_ALERT_NOTE_H
#define TICKD_OPS_ALERT_NOTE_H

#include "tickd/base/text.h"
#include "tickd/modules/monitor.h"

enum {
    ALERT_NOTE_MAX = 2048, /* the longest, as JSON */
    ALERT_QUEUE_MAX = 32,
    ALERT_HOST_MAX = 256
};

/* "firing: memory critical on HOST: resident memory is above 1.5 × its budget (resident 41.2 MB,
 * budget 26.0 MB)". */
void alert_note_print_text(const struct alert_entry *entry, const char *host, struct text *out);

/* One JSON object on one line, without the line's end: text (the above), tickd, host, seq, time_us,
 * time, alert, severity, state, began_us, value, threshold, action, summary, remedy. */
void alert_note_print_json(const struct alert_entry *entry, const char *host, struct text *out);

/* First in, first out. When it is full the oldest goes, for what is newest counts most. */
struct alert_queue {
    struct alert_entry entries[ALERT_QUEUE_MAX];
    size_t first;
    size_t count;
    uint64_t dropped;
};

void alert_queue_push(struct alert_queue *queue, const struct alert_entry *entry);

/* Forgets all that wait; they count as dropped. */
void alert_queue_drop(struct alert_queue *queue);

/* false: it is empty. */
bool alert_queue_pop(struct alert_queue *queue, struct alert_entry *entry);

#endif

/* The engine: the modules, wired, behind one door. Pure: it knows no clock, file, socket or thread,
 * allocates nothing after start, and gives the same messages for the same inputs.
 *
 *     struct arena arena;                          two passes over one function:
 *     engine_create(&measuring, settings, …)       what it will take, line by line
 *     arena_init(&arena, measuring.used)
 *     engine = engine_create(&arena, settings, …)  the same, for real
 *     …
 *     engine_advance(engine, receive_time_us);     before every input, and once a second
 *     engine_frame(engine, &frame);                what came
 */
#ifndef TICKD_ENGINE_ENGINE_H
#define TICKD_ENGINE_ENGINE_H

#include "tickd/base/arena.h"
#include "tickd/bus/bus.h"
#include "tickd/engine/explain.h"
#include "tickd/engine/input.h"
#include "tickd/engine/status.h"
#include "tickd/modules/evolution.h"
#include "tickd/settings/settings.h"

struct engine;

/* One symbol, for readers. */
struct symbol_view {
    const char *name;
    const char *venue;
    int64_t last_price;   /* 0 = none yet */
    int64_t last_time_ms; /* exchange time of the newest trade, 0 = none */
    int64_t last_received_us;
    uint64_t trades;
    uint64_t bars;
    uint64_t late;
    uint64_t duplicate_prints;
    uint32_t duplicate_factor;
    enum stream_state stream;
};

/* What settings_check() cannot see because it knows no markets: symbols' names, exceptions to the
 * market's hours. On error *key is the key to blame and *why what is wrong with it. */
int engine_check_settings(const struct settings *settings, const char **key, struct text *why);

/* Builds the engine from checked settings (settings_check and engine_check_settings). NULL while
 * measuring; never fails on an arena of the measured size. */
struct engine *engine_create(struct arena *arena, const struct settings *settings);

/* Time passes: one CLOCK for each whole second up to now_us, each dispatched with what it causes.
 * A time before the engine's own is counted and taken as the engine's own. The first call sets the
 * time and starts the modules; it publishes no CLOCK. */
void engine_advance(struct engine *engine, int64_t now_us);

/* The same as an input of its own, for the journal: the first call, and the first one after a
 * recovery. */
void engine_pass_time(struct engine *engine, int64_t now_us);

/* Who keeps the journal of inputs. Trades that do not come in a frame are not part of it. */
void engine_set_journal(struct engine *engine, struct input_journal journal);

/* Tells the journal of a frame as it came, right before engine_frame() is given what was read of
 * it. */
void engine_note_frame(struct engine *engine, const char *bytes, size_t length);

/* One input each, dispatched before the call returns. Their time is that of the last advance. */
void engine_frame(struct engine *engine, const struct frame *frame);
void engine_feed_state(struct engine *engine, uint16_t symbol, const struct feed_message *state);
void engine_command(struct engine *engine, const struct command_message *command);
void engine_vitals(struct engine *engine, const struct vitals_message *vitals);

/* A trade that does not come in a frame, as from a recording: with engine_advance() before it. A
 * malformed one is counted by engine_malformed_trade(). */
void engine_trade(struct engine *engine, const struct trade *trade);
void engine_malformed_trade(struct engine *engine);

/* The recording has ended: time runs on until every bar that is open has closed. */
void engine_finish(struct engine *engine);

/* Fills everything but memory other than the arena's, time, and live. */
void engine_status(const struct engine *engine, struct status *status);

int64_t engine_time_us(const struct engine *engine);
struct bus *engine_bus(struct engine *engine);
struct symbol_table *engine_symbols(struct engine *engine);

/* For readers; false / NULL for a symbol that the table does not have. Bars are BAR messages'
 * bodies, each with its time: `index` 0 is the newest. */
bool engine_symbol(const struct engine *engine, uint16_t symbol, struct symbol_view *view);
const struct bar_message *engine_bar(const struct engine *engine, uint16_t symbol, size_t index);
/* Health by the minute, 0 the newest; NULL beyond the oldest. */
const struct health_minute *engine_health_minute(const struct engine *engine, size_t index);

/* Entry `index` (0 the newest) of a history whose entries are messages, as the message that it was
 * made of (consensus_history DECISION, simulation_history SIMULATION, trade_history FILL,
 * evolution_history EVOLUTION, alerts ALERT, equity EQUITY, weights WEIGHTS, parameter_history and
 * agent_versions AGENT_PROFILE, evolution's parameter_history SHADOW_PROFILE). The head's sequence
 * is 0 where none is kept. false beyond the oldest, and for other histories. */
bool engine_history_message(const struct engine *engine, const char *module, const char *name,
                            size_t index, struct message *message);

/* Why: the chain behind a FILL, ORDER, REJECT, EXPIRED, DECISION or SIMULATION, by its sequence
 * number, as lines for people; at most ENGINE_EXPLAIN_MAX bytes. What cannot be explained is said
 * in a line. */
enum { ENGINE_EXPLAIN_MAX = 16384 };
void engine_explain(const struct engine *engine, uint64_t sequence, struct text *out);
/* The same as data, by explain_find(). */
struct explain_sources engine_explain_sources(const struct engine *engine);

/* One agent, its versions (0 the newest) and its performance by blocks (0 the newest); false / NULL
 * for what is not there. Ids are those of the status document. */
bool engine_agent(const struct engine *engine, int64_t id, struct agent_row *row);
bool engine_agent_version(const struct engine *engine, int64_t id, size_t index,
                          struct agent_version *version);
const struct evolution_performance *engine_agent_performance(const struct engine *engine,
                                                             int64_t id, size_t index);

/* How late the late trades were, ms. */
const struct histogram *engine_late_ms(const struct engine *engine);

/* The portfolio's settings that are in force: what the configuration said, what COMMANDs have set
 * since, or what a checkpoint had. */
const struct settings_portfolio *engine_portfolio_settings(const struct engine *engine);

/* So far, those of the state that it was restored from among them. */
uint64_t engine_fills(const struct engine *engine);

/* Whether any symbol's venue is in its regular session (for the feed: is silence a fault? Before
 * and after it a thin feed may well be silent for long). */
bool engine_market_open(const struct engine *engine, int64_t time_us);
bool engine_symbol_open(const struct engine *engine, uint16_t symbol, int64_t time_us);

#endif

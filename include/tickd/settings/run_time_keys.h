/* Which keys a reload applies to a running daemon; all others need a restart. X(section, name).
 * The documentation of the keys, the reload, and the modules that take COMMAND messages with the
 * verb `set` all go by this list.
 *
 * A key of a section that decides what the engine publishes is changed by such a message, so that
 * it is in the journal and a replay has it at the same place; the module that owns it takes it with
 * settings_assign(). All others are the shell's. feed.symbols can name fewer or other ones of those
 * that the engine began with; the engine has no room for new ones before a restart. */
#ifndef TICKD_SETTINGS_RUN_TIME_KEYS_H
#define TICKD_SETTINGS_RUN_TIME_KEYS_H

#define SETTINGS_RUN_TIME_KEYS(X) \
    X(feed, symbols)              \
    X(portfolio, max_symbol)      \
    X(portfolio, max_gross)       \
    X(portfolio, max_daily_loss)  \
    X(portfolio, max_drawdown)    \
    X(portfolio, stop_loss_bps)   \
    X(portfolio, take_profit_bps) \
    X(portfolio, participation)   \
    X(log, level)                 \
    X(alerts, command)            \
    X(alerts, webhook)            \
    X(alerts, timeout_s)          \
    X(tape, required)             \
    X(dashboard, hosts)

#endif

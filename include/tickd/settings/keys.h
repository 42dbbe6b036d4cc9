/* Every configuration key, once: structure, defaults, parser, --print-config, documentation and
 * completion are generated from these tables.
 *
 *   INTEGER(section, name, default, lowest, highest, unit, help)   int64_t
 *   REAL(section, name, default, lowest, highest, unit, help)      double
 *   MONEY(section, name, default, lowest, highest, unit, help)     int64_t, decimal; in JSON a
 *                                                                  number or a string
 *   BOOLEAN(section, name, default, help)                          bool
 *   TEXT(section, name, default, help)                             char[SETTING_TEXT_MAX]
 *   CHOICE(section, name, default, "a|b|c", help)                  int, place in the list
 *   LIST(section, name, "default,items", lowest, highest, help)    struct setting_list
 *
 * MONEY's default and bounds are written as whole or decimal amounts (0.01 is 1,000,000 units of
 * 1e-8); LIST's bounds are numbers of items, at most SETTING_LIST_MAX. What must hold between keys,
 * and what a bound cannot say, stands in src/settings/settings_check.c.
 *
 * The section `root` has no prefix: its keys stand at the top of the file. */
#ifndef TICKD_SETTINGS_KEYS_H
#define TICKD_SETTINGS_KEYS_H

#define SETTINGS_ROOT(INTEGER, REAL, MONEY, BOOLEAN, TEXT, CHOICE, LIST) \
    INTEGER(root, seed, 1, 0, INT64_MAX, "", "seed of every random stream")

#define SETTINGS_FEED(INTEGER, REAL, MONEY, BOOLEAN, TEXT, CHOICE, LIST)                          \
    TEXT(feed, url, "wss://ws.finnhub.io", "where the feed is; ws:// or wss://, without the key") \
    LIST(feed, symbols, "SPY,AAPL,MSFT,NVDA,AMZN,TSLA,BAC,IBM,AIG,BINANCE:BTCUSDT", 1, 256,       \
         "symbols to subscribe; \"*\" alone takes every symbol that a recording brings")          \
    TEXT(feed, token_file, "", "file that holds the key, if no systemd credential does")          \
    TEXT(feed, ca_file, "", "certificate authority to trust instead of the system's")             \
    INTEGER(feed, connect_timeout_s, 75, 1, 600, "s", "wait for the answer to the handshake")     \
    INTEGER(feed, silence_s, 150, 1, 86400, "s", "silence without trade or ping that is stale")   \
    INTEGER(feed, no_trades_s, 300, 1, 86400, "s",                                                \
            "pings without a trade, market open, that are stale")                                 \
    INTEGER(feed, symbol_silence_s, 900, 1, 86400, "s",                                           \
            "silence of one open symbol while others trade")                                      \
    INTEGER(feed, backoff_min_ms, 1000, 1, 600000, "ms", "first wait before reconnecting")        \
    INTEGER(feed, backoff_max_ms, 300000, 1, 86400000, "ms", "longest wait before reconnecting")  \
    INTEGER(feed, stable_s, 60, 1, 86400, "s", "stable stream that resets the waiting")           \
    INTEGER(feed, rate_limited_s, 75, 1, 86400, "s", "shortest wait after an HTTP 429")           \
    INTEGER(feed, subscribe_interval_ms, 50, 0, 60000, "ms", "between two subscriptions")         \
    INTEGER(feed, frame_bytes_max, 262144, 1024, 16777216, "bytes", "longest frame taken")        \
    INTEGER(feed, future_ms, 10000, 0, 1209600000, "ms",                                          \
            "a trade from further in the future is malformed")

#define SETTINGS_MARKET(INTEGER, REAL, MONEY, BOOLEAN, TEXT, CHOICE, LIST)                         \
    INTEGER(market, bar_ms, 1000, 100, 86400000, "ms", "width of a bar")                           \
    INTEGER(market, lateness_ms, 250, 0, 86400000, "ms",                                           \
            "how far a trade may lag behind its symbol's newest; at most market.bar_ms")           \
    INTEGER(market, grace_ms, 500, 0, 86400000, "ms", "clock past a bar's end that closes it")     \
    CHOICE(market, duplicates, "auto", "auto|keep|drop", "what to do about repeated prints")       \
    INTEGER(market, duplicate_prints, 1024, 256, 65536, "prints",                                  \
            "repeated prints are looked for among so many of a symbol; a power of two")            \
    BOOLEAN(market, odd_lots_move_price, true, "whether odd lots may move last, high and low")     \
    INTEGER(market, symbols_max, 64, 1, 4096, "symbols", "room for symbols when all are taken")    \
    LIST(                                                                                          \
        market, exceptions,                                                                        \
        "2026-01-01,2026-01-19,2026-02-16,2026-04-03,2026-05-25,2026-06-19,2026-07-03,2026-09-07," \
        "2026-11-26,2026-11-27 13:00,2026-12-24 13:00,2026-12-25,2027-01-01,2027-01-18,"           \
        "2027-02-15,2027-03-26,2027-05-31,2027-06-18,2027-07-05,2027-09-06,2027-11-25,"            \
        "2027-11-26 13:00,2027-12-24",                                                             \
        0, 128, "US stock holidays (DATE) and early closes (DATE HH:MM, New York)")

#define SETTINGS_ELECTORATE(INTEGER, REAL, MONEY, BOOLEAN, TEXT, CHOICE, LIST)                \
    INTEGER(electorate, horizon_bars, 60, 1, 3600, "bars", "how far ahead a decision looks")  \
    INTEGER(electorate, incumbents, 3, 1, 7, "agents", "agents of each species that vote")    \
    INTEGER(electorate, shadows, 16, 0, 24, "agents",                                         \
            "agents of each species that are scored and never vote; below 4 nothing evolves") \
    REAL(electorate, dead_band, 0.1, 0.0, 0.99, "score", "a weaker score holds")

#define SETTINGS_CONSENSUS(INTEGER, REAL, MONEY, BOOLEAN, TEXT, CHOICE, LIST)                      \
    CHOICE(consensus, model, "hedge", "hedge|weighted|majority|unanimous|threshold",               \
           "how votes become a decision")                                                          \
    REAL(consensus, quorum, 0.3, 0.0, 1.0, "share", "of the agents that must not abstain")         \
    REAL(consensus, threshold, 0.6, 0.5, 1.0, "share",                                             \
         "support that the model threshold asks for")                                              \
    REAL(consensus, learning_rate, 0.05, 0.0001, 10.0, "", "of hedge, on losses from 0 to 1")      \
    REAL(consensus, share, 0.0001, 0.0, 0.5, "a step", "of hedge: weight that is shared out anew") \
    REAL(consensus, shrinkage, 300.0, 0.0, 1000000.0, "outcomes",                                  \
         "outcomes of a symbol at which its own weights count half")

#define SETTINGS_SIMULATOR(INTEGER, REAL, MONEY, BOOLEAN, TEXT, CHOICE, LIST)         \
    INTEGER(simulator, paths, 512, 64, 8192, "paths", "drawn for a decision at most") \
    INTEGER(simulator, returns_kept, 600, 120, 3600, "bars",                          \
            "bar returns of a symbol that paths are drawn from")                      \
    REAL(simulator, prior_outcomes, 30.0, 1.0, 100000.0, "horizons",                  \
         "outcomes at which what was learned counts half")                            \
    REAL(simulator, errors, 2.0, 0.0, 10.0, "standard errors",                        \
         "by which an edge must exceed the costs")                                    \
    INTEGER(simulator, memory_bars, 30000, 600, 100000000, "bars",                    \
            "after which what was learned counts half")                               \
    REAL(simulator, shortfall_max, 0.05, 0.0001, 1.0, "of the position",              \
         "expected shortfall at 95% that is still taken")                             \
    REAL(simulator, kelly_fraction, 0.25, 0.01, 1.0, "", "of the Kelly size")

#define SETTINGS_PORTFOLIO(INTEGER, REAL, MONEY, BOOLEAN, TEXT, CHOICE, LIST)                  \
    MONEY(portfolio, initial_cash, 100000, 1, 1000000000, "currency", "start capital")         \
    MONEY(portfolio, fee_bps, 5, 0, 1000, "bps", "fee of a fill")                              \
    MONEY(portfolio, slippage_bps, 1, 0, 1000, "bps",                                          \
          "price worse than the trade's, beyond half the spread")                              \
    BOOLEAN(portfolio, allow_short, false, "whether positions may be negative")                \
    MONEY(portfolio, max_symbol, 0.2, 0.001, 10, "of equity", "exposure in one symbol")        \
    MONEY(portfolio, max_gross, 1, 0.001, 10, "of equity", "exposure in all symbols")          \
    INTEGER(portfolio, orders_per_minute, 60, 1, 6000, "orders", "that take on risk")          \
    MONEY(portfolio, max_daily_loss, 0.05, 0.0001, 1, "of the day's first equity",             \
          "loss of a day after which it takes no new risk")                                    \
    MONEY(portfolio, max_drawdown, 0.2, 0.0001, 1, "of the highest equity",                    \
          "drawdown that trips the kill switch")                                               \
    MONEY(portfolio, stop_loss_bps, 200, 1, 10000, "bps", "loss of a position that closes it") \
    MONEY(portfolio, take_profit_bps, 400, 1, 100000, "bps",                                   \
          "profit of a position that closes it")                                               \
    MONEY(portfolio, participation, 0.1, 0.0001, 1, "of traded volume",                        \
          "an order fills against at most")                                                    \
    INTEGER(portfolio, order_expiry_s, 60, 1, 86400, "s", "an order without enough trades expires")

#define SETTINGS_EVOLUTION(INTEGER, REAL, MONEY, BOOLEAN, TEXT, CHOICE, LIST)               \
    BOOLEAN(evolution, enabled, true, "whether incumbents are replaced and shadows evolve") \
    INTEGER(evolution, generation_bars, 300, 10, 1000000, "bars",                           \
            "scored bars, over all symbols' mean, in a generation")                         \
    REAL(evolution, false_promotion, 0.05, 0.0001, 0.5, "probability",                      \
         "that any of a generation's promotions is luck")                                   \
    REAL(evolution, mutation, 0.6, 0.1, 2.0, "", "differential weight F")                   \
    REAL(evolution, crossover, 0.9, 0.0, 1.0, "probability", "CR")

#define SETTINGS_MEMORY(INTEGER, REAL, MONEY, BOOLEAN, TEXT, CHOICE, LIST) \
    INTEGER(memory, arena_max_mb, 1024, 1, 1048576, "MiB",                 \
            "largest arena that the other keys may add up to")

#define SETTINGS_MONITOR(INTEGER, REAL, MONEY, BOOLEAN, TEXT, CHOICE, LIST)              \
    INTEGER(monitor, memory_budget_mb, 0, 0, 1048576, "MiB",                             \
            "resident memory that it should need; 0 = arena, unread output and 16 MiB")  \
    INTEGER(monitor, stale_s, 60, 1, 86400, "s", "owed work that waits longer is stale") \
    INTEGER(monitor, watch_ms, 1000, 10, 60000, "ms",                                    \
            "a handler that runs longer is named in the log while it runs")

#define SETTINGS_HISTORY(INTEGER, REAL, MONEY, BOOLEAN, TEXT, CHOICE, LIST)                        \
    INTEGER(history, message_log, 10000, 1000, 10000000, "messages", "the bus's message log")      \
    INTEGER(history, consensus_history, 1000, 1, 1000000, "decisions",                             \
            "the consensus's decisions")                                                           \
    INTEGER(history, simulation_history, 1000, 1, 1000000, "simulations",                          \
            "the simulator's verdicts")                                                            \
    INTEGER(history, parameter_history, 1000, 1, 1000000, "changes", "changes of parameters")      \
    INTEGER(history, agent_versions, 100, 2, 10000, "versions", "versions kept, each agent")       \
    INTEGER(history, evolution_history, 1000, 1, 1000000, "events", "events of evolution")         \
    INTEGER(history, agent_performance_history, 1000, 10, 100000, "rewards", "each agent's")       \
    INTEGER(history, trade_history, 10000, 1, 10000000, "fills", "the portfolio's fills")          \
    INTEGER(history, reward_metrics_history, 100, 1, 1000000, "minutes", "minute metrics")         \
    INTEGER(history, explanations, 1500, 1, 1000000, "orders", "orders explained")                 \
    INTEGER(history, bars, 300, 1, 1000000, "bars", "bars kept, each symbol")                      \
    INTEGER(history, equity, 600, 1, 1000000, "minutes", "the books, minute by minute")            \
    INTEGER(history, weights, 240, 1, 1000000, "minutes", "the agents' weights, minute by minute") \
    INTEGER(history, health, 60, 1, 100000, "minutes", "health and memory, minute by minute")      \
    INTEGER(history, alerts, 300, 1, 100000, "changes", "changes of alerts")

#define SETTINGS_CONTROL(INTEGER, REAL, MONEY, BOOLEAN, TEXT, CHOICE, LIST)                    \
    INTEGER(control, clients_max, 32, 1, 1024, "clients", "connections to the control socket") \
    INTEGER(control, output_bytes_max, 1048576, 65536, 67108864, "bytes",                      \
            "a client that leaves more unread is cut off")

#define SETTINGS_LOG(INTEGER, REAL, MONEY, BOOLEAN, TEXT, CHOICE, LIST) \
    CHOICE(log, level, "info", "error|warning|notice|info|debug",       \
           "least severe line that is written")

#define SETTINGS_ALERTS(INTEGER, REAL, MONEY, BOOLEAN, TEXT, CHOICE, LIST)                     \
    TEXT(alerts, command, "",                                                                  \
         "program and arguments, without a shell, run for each alert that fires or resolves")  \
    TEXT(alerts, webhook, "", "http:// or https:// address that each such alert is posted to") \
    INTEGER(alerts, timeout_s, 10, 1, 600, "s", "a command or a post that takes longer is ended")

#define SETTINGS_STORE(INTEGER, REAL, MONEY, BOOLEAN, TEXT, CHOICE, LIST)                     \
    TEXT(store, path, "", "the archive; empty: tickd.db in the state directory; off: none")   \
    INTEGER(store, flush_ms, 1000, 50, 60000, "ms", "between two transactions")               \
    INTEGER(store, queue_rows, 4096, 256, 1048576, "rows", "that may wait for a transaction") \
    INTEGER(store, days, 400, 1, 100000, "days", "after which a row is removed")              \
    INTEGER(store, rows_max, 2000000, 1000, INT64_MAX, "rows", "kept in each table at the most")

#define SETTINGS_TAPE(INTEGER, REAL, MONEY, BOOLEAN, TEXT, CHOICE, LIST)                           \
    BOOLEAN(tape, enabled, true, "whether every input is recorded")                                \
    BOOLEAN(tape, required, true, "whether no new risk is taken while it cannot be written")       \
    INTEGER(tape, max_bytes, 1073741824, 1048576, INT64_MAX, "bytes",                              \
            "of all tapes together; the oldest are removed")                                       \
    INTEGER(tape, file_bytes, 67108864, 65536, INT64_MAX, "bytes", "after which a new one begins") \
    INTEGER(tape, flush_ms, 250, 10, 60000, "ms", "between two writes to the disk")                \
    INTEGER(tape, buffer_bytes, 524288, 65536, 67108864, "bytes",                                  \
            "that may wait for a write, twice; at least 1.5 × feed.frame_bytes_max and 4096")

#define SETTINGS_CHECKPOINT(INTEGER, REAL, MONEY, BOOLEAN, TEXT, CHOICE, LIST) \
    INTEGER(checkpoint, interval_s, 300, 5, 86400, "s", "between two checkpoints")

#define SETTINGS_DASHBOARD(INTEGER, REAL, MONEY, BOOLEAN, TEXT, CHOICE, LIST)                    \
    TEXT(dashboard, listen, "127.0.0.1:8050", "ADDRESS:PORT, [ADDRESS]:PORT, unix:PATH, or off") \
    INTEGER(dashboard, clients_max, 50, 1, 1024, "clients", "connections at the same time")      \
    LIST(dashboard, hosts, "", 0, 32, "names, beside its own addresses, that it may be asked by")

/* X(SECTION, section, decides): `decides` says whether the section can change what the engine
 * publishes, and so belongs to config_digest. */
#define SETTING_SECTIONS(X)          \
    X(ROOT, root, true)              \
    X(FEED, feed, false)             \
    X(MARKET, market, true)          \
    X(ELECTORATE, electorate, true)  \
    X(CONSENSUS, consensus, true)    \
    X(SIMULATOR, simulator, true)    \
    X(PORTFOLIO, portfolio, true)    \
    X(EVOLUTION, evolution, true)    \
    X(MEMORY, memory, false)         \
    X(MONITOR, monitor, true)        \
    X(HISTORY, history, false)       \
    X(CONTROL, control, false)       \
    X(LOG, log, false)               \
    X(ALERTS, alerts, false)         \
    X(STORE, store, false)           \
    X(TAPE, tape, false)             \
    X(CHECKPOINT, checkpoint, false) \
    X(DASHBOARD, dashboard, false)

#endif

-- tickd's archive: the schema, step by step. Step n brings a file of version n − 1 (PRAGMA
-- user_version) to version n; a new file takes all of them. A step that was ever released is never
-- changed: what is new is a new step at the end. docs/store.md says how to use it.
--
-- Tables raw_TOPIC hold the messages of a topic under their own field names, one row a message:
-- run and sequence are its place, time_us the engine's time, cause the sequence of the message
-- whose handling published it. Money, prices and quantities are whole numbers of 1e-8, so that
-- sums are exact; views give them as numbers for people. A REAL that was not ready is NULL. The
-- view of a topic has the same columns, with the time as text (ISO 8601, UTC) and as UNIX seconds.

-- step 1

-- A run: from a fresh start of the engine on, over as many restarts as continue it. Its id is the
-- UNIX time in microseconds at which it began, and larger than that of every run before.
-- last_sequence: everything up to it that belongs here is here, but for `refused` rows, at least,
-- that found no room or are missing otherwise
-- in the queue (0 = nothing is missing). ended_us: of its newest clean stop.
CREATE TABLE raw_run (
    run INTEGER PRIMARY KEY, started_us INTEGER NOT NULL, ended_us INTEGER, version TEXT NOT NULL,
    config_digest TEXT NOT NULL, initial_cash INTEGER NOT NULL, first_sequence INTEGER NOT NULL,
    last_sequence INTEGER NOT NULL, last_time_us INTEGER NOT NULL, refused INTEGER NOT NULL
) STRICT;

-- How many rows each table has: counted with every change, because counting them anew takes long.
CREATE TABLE raw_rows (name TEXT PRIMARY KEY, rows INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- Each symbol's position as its newest fill, or its adoption, has left it. price: the last one
-- known then.
CREATE TABLE raw_position (
    run INTEGER NOT NULL, symbol TEXT NOT NULL, sequence INTEGER NOT NULL, time_us INTEGER NOT NULL,
    quantity INTEGER NOT NULL, cost INTEGER NOT NULL, price INTEGER NOT NULL,
    PRIMARY KEY (run, symbol)
) STRICT, WITHOUT ROWID;

-- One execution, whole or part. position, cost and cash are those after it.
CREATE TABLE raw_fill (
    run INTEGER NOT NULL, sequence INTEGER NOT NULL, time_us INTEGER NOT NULL, cause INTEGER,
    symbol TEXT, "order" INTEGER NOT NULL, quantity INTEGER NOT NULL, price INTEGER NOT NULL,
    trade_price INTEGER NOT NULL, fee INTEGER NOT NULL, realised_pnl INTEGER NOT NULL,
    position INTEGER NOT NULL, cost INTEGER NOT NULL, cash INTEGER NOT NULL,
    remaining INTEGER NOT NULL, simulation INTEGER NOT NULL, side TEXT NOT NULL,
    purpose TEXT NOT NULL, done INTEGER NOT NULL, PRIMARY KEY (run, sequence)
) STRICT, WITHOUT ROWID;

-- An order of the portfolio to itself.
CREATE TABLE raw_order (
    run INTEGER NOT NULL, sequence INTEGER NOT NULL, time_us INTEGER NOT NULL, cause INTEGER,
    symbol TEXT, "order" INTEGER NOT NULL, quantity INTEGER NOT NULL, price INTEGER NOT NULL,
    simulation INTEGER NOT NULL, side TEXT NOT NULL, purpose TEXT NOT NULL,
    reduces INTEGER NOT NULL, PRIMARY KEY (run, sequence)
) STRICT, WITHOUT ROWID;

-- An order that was refused: the limit, and what it would have become.
CREATE TABLE raw_reject (
    run INTEGER NOT NULL, sequence INTEGER NOT NULL, time_us INTEGER NOT NULL, cause INTEGER,
    symbol TEXT, "order" INTEGER NOT NULL, quantity INTEGER NOT NULL, "limit" INTEGER NOT NULL,
    would_be INTEGER NOT NULL, simulation INTEGER NOT NULL, side TEXT NOT NULL,
    purpose TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (run, sequence)
) STRICT, WITHOUT ROWID;

-- An order that found no trade in time, with what was filled of it.
CREATE TABLE raw_expired (
    run INTEGER NOT NULL, sequence INTEGER NOT NULL, time_us INTEGER NOT NULL, cause INTEGER,
    symbol TEXT, "order" INTEGER NOT NULL, quantity INTEGER NOT NULL, filled INTEGER NOT NULL,
    simulation INTEGER NOT NULL, side TEXT NOT NULL, purpose TEXT NOT NULL,
    PRIMARY KEY (run, sequence)
) STRICT, WITHOUT ROWID;

-- The books, once a minute and after every fill.
CREATE TABLE raw_equity (
    run INTEGER NOT NULL, sequence INTEGER NOT NULL, time_us INTEGER NOT NULL, cause INTEGER,
    initial_cash INTEGER NOT NULL, cash INTEGER NOT NULL, equity INTEGER NOT NULL,
    market_value INTEGER NOT NULL, gross INTEGER NOT NULL, realised_pnl INTEGER NOT NULL,
    unrealised_pnl INTEGER NOT NULL, fees INTEGER NOT NULL, turnover INTEGER NOT NULL,
    peak INTEGER NOT NULL, day_equity INTEGER NOT NULL, drawdown REAL, fills INTEGER NOT NULL,
    halted INTEGER NOT NULL, minute INTEGER NOT NULL, PRIMARY KEY (run, sequence)
) STRICT, WITHOUT ROWID;

-- What the agents agreed on; to hold is no decision.
CREATE TABLE raw_decision (
    run INTEGER NOT NULL, sequence INTEGER NOT NULL, time_us INTEGER NOT NULL, cause INTEGER,
    symbol TEXT, bar_start_ms INTEGER NOT NULL, close INTEGER NOT NULL, volatility REAL,
    horizon_return REAL, score REAL, support REAL, confidence REAL, quorum REAL, dissent REAL,
    number INTEGER NOT NULL, robustness INTEGER NOT NULL, side TEXT NOT NULL,
    model TEXT NOT NULL, reason TEXT NOT NULL, after_gap INTEGER NOT NULL,
    PRIMARY KEY (run, sequence)
) STRICT, WITHOUT ROWID;

-- What a decision was found to be worth, and the verdict on it.
CREATE TABLE raw_simulation (
    run INTEGER NOT NULL, sequence INTEGER NOT NULL, time_us INTEGER NOT NULL, cause INTEGER,
    symbol TEXT, bar_start_ms INTEGER NOT NULL, price INTEGER NOT NULL, expected_value REAL,
    probability_profit REAL, value_at_risk REAL, expected_shortfall REAL, edge REAL,
    edge_error REAL, bound REAL, outcomes REAL, costs REAL, strength REAL, agreement REAL,
    drift REAL, deviation REAL, volatility REAL, block_length REAL, fraction REAL,
    number INTEGER NOT NULL, paths INTEGER NOT NULL, level INTEGER NOT NULL, side TEXT NOT NULL,
    verdict TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (run, sequence)
) STRICT, WITHOUT ROWID;

-- Each version of each agent: at start, and after every change.
CREATE TABLE raw_agent_profile (
    run INTEGER NOT NULL, sequence INTEGER NOT NULL, time_us INTEGER NOT NULL, cause INTEGER,
    id INTEGER NOT NULL, fitness REAL, parameters TEXT NOT NULL, place INTEGER NOT NULL,
    version INTEGER NOT NULL, parent INTEGER NOT NULL, species TEXT NOT NULL,
    state TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (run, sequence)
) STRICT, WITHOUT ROWID;

-- What each shadow plays from here on.
CREATE TABLE raw_shadow_profile (
    run INTEGER NOT NULL, sequence INTEGER NOT NULL, time_us INTEGER NOT NULL, cause INTEGER,
    parameters TEXT NOT NULL, place INTEGER NOT NULL, species TEXT NOT NULL,
    PRIMARY KEY (run, sequence)
) STRICT, WITHOUT ROWID;

-- What happened in evolution; agent 0 = none.
CREATE TABLE raw_evolution (
    run INTEGER NOT NULL, sequence INTEGER NOT NULL, time_us INTEGER NOT NULL, cause INTEGER,
    agent INTEGER NOT NULL, bars INTEGER NOT NULL, incumbent_fitness REAL,
    challenger_fitness REAL, margin REAL, generation INTEGER NOT NULL, tried INTEGER NOT NULL,
    event TEXT NOT NULL, species TEXT NOT NULL, PRIMARY KEY (run, sequence)
) STRICT, WITHOUT ROWID;

-- Once a minute: each agent's share of the weight, by its place; and the learner's regret.
CREATE TABLE raw_weights (
    run INTEGER NOT NULL, sequence INTEGER NOT NULL, time_us INTEGER NOT NULL, cause INTEGER,
    regret REAL, bound REAL, regret_ratio REAL, losses INTEGER NOT NULL, weights TEXT NOT NULL,
    PRIMARY KEY (run, sequence)
) STRICT, WITHOUT ROWID;

-- The system's metrics, once a minute.
CREATE TABLE raw_reward (
    run INTEGER NOT NULL, sequence INTEGER NOT NULL, time_us INTEGER NOT NULL, cause INTEGER,
    mean_reward REAL, mean_worth REAL, hit_rate REAL, brier REAL, sharpe REAL, sortino REAL,
    deflated_sharpe REAL, max_drawdown REAL, turnover REAL, win_rate REAL, diversity REAL,
    correlation REAL, minute_return REAL, minute_reward REAL, outcomes INTEGER NOT NULL,
    minutes INTEGER NOT NULL, trips INTEGER NOT NULL, PRIMARY KEY (run, sequence)
) STRICT, WITHOUT ROWID;

-- Score and which modules are what: once a minute, and at every change.
CREATE TABLE raw_health (
    run INTEGER NOT NULL, sequence INTEGER NOT NULL, time_us INTEGER NOT NULL, cause INTEGER,
    score REAL, wired TEXT NOT NULL, idle TEXT NOT NULL, lagging TEXT NOT NULL,
    stale TEXT NOT NULL, failed TEXT NOT NULL, PRIMARY KEY (run, sequence)
) STRICT, WITHOUT ROWID;

-- The process, once a minute.
CREATE TABLE raw_vitals (
    run INTEGER NOT NULL, sequence INTEGER NOT NULL, time_us INTEGER NOT NULL, cause INTEGER,
    rss_bytes INTEGER NOT NULL, allocated_bytes INTEGER NOT NULL,
    resident_bytes INTEGER NOT NULL, budget_bytes INTEGER NOT NULL, loop_lag_us INTEGER NOT NULL,
    control_owed_since_us INTEGER NOT NULL, store_owed_since_us INTEGER NOT NULL,
    dashboard_owed_since_us INTEGER NOT NULL, control_handled INTEGER NOT NULL,
    store_handled INTEGER NOT NULL, dashboard_handled INTEGER NOT NULL, wired TEXT NOT NULL,
    failed TEXT NOT NULL, store_fill INTEGER NOT NULL, tape_fill INTEGER NOT NULL,
    clients_fill INTEGER NOT NULL, journal_failing INTEGER NOT NULL, PRIMARY KEY (run, sequence)
) STRICT, WITHOUT ROWID;

-- The feed's states; with a symbol, that symbol's stream.
CREATE TABLE raw_feed (
    run INTEGER NOT NULL, sequence INTEGER NOT NULL, time_us INTEGER NOT NULL, cause INTEGER,
    symbol TEXT, owed_since_us INTEGER NOT NULL, connections INTEGER NOT NULL,
    state TEXT NOT NULL, stream TEXT NOT NULL, reason TEXT NOT NULL, PRIMARY KEY (run, sequence)
) STRICT, WITHOUT ROWID;

-- What an operator changed; number and second are the verb's.
CREATE TABLE raw_command (
    run INTEGER NOT NULL, sequence INTEGER NOT NULL, time_us INTEGER NOT NULL, cause INTEGER,
    number INTEGER NOT NULL, second INTEGER NOT NULL, uid INTEGER NOT NULL, verb TEXT NOT NULL,
    argument TEXT NOT NULL, PRIMARY KEY (run, sequence)
) STRICT, WITHOUT ROWID;

-- Each change of an alert.
CREATE TABLE raw_alert (
    run INTEGER NOT NULL, sequence INTEGER NOT NULL, time_us INTEGER NOT NULL, cause INTEGER,
    began_us INTEGER NOT NULL, value REAL, threshold REAL, alert TEXT NOT NULL,
    severity TEXT NOT NULL, state TEXT NOT NULL, action TEXT NOT NULL, text TEXT NOT NULL,
    PRIMARY KEY (run, sequence)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER fill_moves_position AFTER INSERT ON raw_fill
BEGIN
    INSERT INTO raw_position (run, symbol, sequence, time_us, quantity, cost, price)
    VALUES (NEW.run, NEW.symbol, NEW.sequence, NEW.time_us, NEW.position, NEW.cost, NEW.trade_price)
    ON CONFLICT (run, symbol) DO UPDATE SET
        sequence = excluded.sequence, time_us = excluded.time_us, quantity = excluded.quantity,
        cost = excluded.cost, price = excluded.price
    WHERE excluded.sequence > raw_position.sequence;
END;

-- Books that are taken over come as commands: a symbol's price, then its position.
CREATE TRIGGER price_is_adopted AFTER INSERT ON raw_command WHEN NEW.verb = 'adopt_price'
BEGIN
    INSERT INTO raw_position (run, symbol, sequence, time_us, quantity, cost, price)
    VALUES (NEW.run, NEW.argument, NEW.sequence, NEW.time_us, 0, 0, NEW.number)
    ON CONFLICT (run, symbol) DO UPDATE SET
        sequence = excluded.sequence, time_us = excluded.time_us, price = excluded.price
    WHERE excluded.sequence > raw_position.sequence;
END;

CREATE TRIGGER position_is_adopted AFTER INSERT ON raw_command WHEN NEW.verb = 'adopt_position'
BEGIN
    UPDATE raw_position
    SET sequence = NEW.sequence, time_us = NEW.time_us, quantity = NEW.number, cost = NEW.second
    WHERE run = NEW.run AND symbol = NEW.argument AND sequence < NEW.sequence;
END;

-- The views.

CREATE VIEW runs AS
SELECT run, strftime('%Y-%m-%dT%H:%M:%SZ', started_us / 1000000, 'unixepoch') AS started,
       strftime('%Y-%m-%dT%H:%M:%SZ', ended_us / 1000000, 'unixepoch') AS ended, version,
       config_digest, initial_cash / 1e8 AS initial_cash, first_sequence, last_sequence,
       strftime('%Y-%m-%dT%H:%M:%SZ', last_time_us / 1000000, 'unixepoch') AS last_time, refused
FROM raw_run;

CREATE VIEW fills AS
SELECT run, sequence,
       strftime('%Y-%m-%dT%H:%M:%S', time_us / 1000000, 'unixepoch') ||
           printf('.%06dZ', time_us % 1000000) AS time,
       time_us / 1e6 AS unix, cause, symbol, "order" AS order_number, quantity / 1e8 AS quantity,
       price / 1e8 AS price, trade_price / 1e8 AS trade_price, fee / 1e8 AS fee,
       realised_pnl / 1e8 AS realised_pnl, position / 1e8 AS position, cost / 1e8 AS cost,
       cash / 1e8 AS cash, remaining / 1e8 AS remaining, simulation, side, purpose, done
FROM raw_fill;

CREATE VIEW orders AS
SELECT run, sequence,
       strftime('%Y-%m-%dT%H:%M:%S', time_us / 1000000, 'unixepoch') ||
           printf('.%06dZ', time_us % 1000000) AS time,
       time_us / 1e6 AS unix, cause, symbol, "order" AS order_number, quantity / 1e8 AS quantity,
       price / 1e8 AS price, simulation, side, purpose, reduces
FROM raw_order;

CREATE VIEW rejects AS
SELECT run, sequence,
       strftime('%Y-%m-%dT%H:%M:%S', time_us / 1000000, 'unixepoch') ||
           printf('.%06dZ', time_us % 1000000) AS time,
       time_us / 1e6 AS unix, cause, symbol, "order" AS order_number, quantity / 1e8 AS quantity,
       "limit" / 1e8 AS limit_value, would_be / 1e8 AS would_be, simulation, side, purpose,
       reason
FROM raw_reject;

CREATE VIEW expired_orders AS
SELECT run, sequence,
       strftime('%Y-%m-%dT%H:%M:%S', time_us / 1000000, 'unixepoch') ||
           printf('.%06dZ', time_us % 1000000) AS time,
       time_us / 1e6 AS unix, cause, symbol, "order" AS order_number, quantity / 1e8 AS quantity,
       filled / 1e8 AS filled, simulation, side, purpose
FROM raw_expired;

CREATE VIEW equity AS
SELECT run, sequence,
       strftime('%Y-%m-%dT%H:%M:%S', time_us / 1000000, 'unixepoch') ||
           printf('.%06dZ', time_us % 1000000) AS time,
       time_us / 1e6 AS unix, cause, initial_cash / 1e8 AS initial_cash, cash / 1e8 AS cash,
       equity / 1e8 AS equity, market_value / 1e8 AS market_value, gross / 1e8 AS gross,
       realised_pnl / 1e8 AS realised_pnl, unrealised_pnl / 1e8 AS unrealised_pnl,
       fees / 1e8 AS fees, turnover / 1e8 AS turnover, peak / 1e8 AS peak,
       day_equity / 1e8 AS day_equity, drawdown, fills, halted, minute
FROM raw_equity;

CREATE VIEW equity_by_minute AS
SELECT run, sequence,
       strftime('%Y-%m-%dT%H:%M:%S', time_us / 1000000, 'unixepoch') ||
           printf('.%06dZ', time_us % 1000000) AS time,
       time_us / 1e6 AS unix, cause, initial_cash / 1e8 AS initial_cash, cash / 1e8 AS cash,
       equity / 1e8 AS equity, market_value / 1e8 AS market_value, gross / 1e8 AS gross,
       realised_pnl / 1e8 AS realised_pnl, unrealised_pnl / 1e8 AS unrealised_pnl,
       fees / 1e8 AS fees, turnover / 1e8 AS turnover, peak / 1e8 AS peak,
       day_equity / 1e8 AS day_equity, drawdown, fills, halted
FROM raw_equity WHERE minute = 1;

CREATE VIEW decisions AS
SELECT run, sequence,
       strftime('%Y-%m-%dT%H:%M:%S', time_us / 1000000, 'unixepoch') ||
           printf('.%06dZ', time_us % 1000000) AS time,
       time_us / 1e6 AS unix, cause, symbol, bar_start_ms, close / 1e8 AS close, volatility,
       horizon_return, score, support, confidence, quorum, dissent, number, robustness, side,
       model, reason, after_gap
FROM raw_decision;

CREATE VIEW simulations AS
SELECT run, sequence,
       strftime('%Y-%m-%dT%H:%M:%S', time_us / 1000000, 'unixepoch') ||
           printf('.%06dZ', time_us % 1000000) AS time,
       time_us / 1e6 AS unix, cause, symbol, bar_start_ms, price / 1e8 AS price, expected_value,
       probability_profit, value_at_risk, expected_shortfall, edge, edge_error, bound, outcomes,
       costs, strength, agreement, drift, deviation, volatility, block_length, fraction, number,
       paths, level, side, verdict, reason
FROM raw_simulation;

CREATE VIEW agent_versions AS
SELECT run, sequence,
       strftime('%Y-%m-%dT%H:%M:%S', time_us / 1000000, 'unixepoch') ||
           printf('.%06dZ', time_us % 1000000) AS time,
       time_us / 1e6 AS unix, cause, id, fitness, parameters, place, version, parent, species,
       state, reason
FROM raw_agent_profile;

CREATE VIEW shadows AS
SELECT run, sequence,
       strftime('%Y-%m-%dT%H:%M:%S', time_us / 1000000, 'unixepoch') ||
           printf('.%06dZ', time_us % 1000000) AS time,
       time_us / 1e6 AS unix, cause, parameters, place, species
FROM raw_shadow_profile;

CREATE VIEW evolution_events AS
SELECT run, sequence,
       strftime('%Y-%m-%dT%H:%M:%S', time_us / 1000000, 'unixepoch') ||
           printf('.%06dZ', time_us % 1000000) AS time,
       time_us / 1e6 AS unix, cause, agent, bars, incumbent_fitness, challenger_fitness, margin,
       generation, tried, event, species
FROM raw_evolution;

CREATE VIEW metrics_by_minute AS
SELECT run, sequence,
       strftime('%Y-%m-%dT%H:%M:%S', time_us / 1000000, 'unixepoch') ||
           printf('.%06dZ', time_us % 1000000) AS time,
       time_us / 1e6 AS unix, cause, mean_reward, mean_worth, hit_rate, brier, sharpe, sortino,
       deflated_sharpe, max_drawdown, turnover, win_rate, diversity, correlation, minute_return,
       minute_reward, outcomes, minutes, trips
FROM raw_reward;

CREATE VIEW health AS
SELECT run, sequence,
       strftime('%Y-%m-%dT%H:%M:%S', time_us / 1000000, 'unixepoch') ||
           printf('.%06dZ', time_us % 1000000) AS time,
       time_us / 1e6 AS unix, cause, score, wired, idle, lagging, stale, failed
FROM raw_health;

CREATE VIEW vitals_by_minute AS
SELECT run, sequence,
       strftime('%Y-%m-%dT%H:%M:%S', time_us / 1000000, 'unixepoch') ||
           printf('.%06dZ', time_us % 1000000) AS time,
       time_us / 1e6 AS unix, cause, rss_bytes, allocated_bytes, resident_bytes, budget_bytes,
       loop_lag_us, control_owed_since_us, store_owed_since_us, dashboard_owed_since_us,
       control_handled, store_handled, dashboard_handled, wired, failed, store_fill, tape_fill,
       clients_fill, journal_failing
FROM raw_vitals;

CREATE VIEW feed_states AS
SELECT run, sequence,
       strftime('%Y-%m-%dT%H:%M:%S', time_us / 1000000, 'unixepoch') ||
           printf('.%06dZ', time_us % 1000000) AS time,
       time_us / 1e6 AS unix, cause, symbol, owed_since_us, connections, state, stream, reason
FROM raw_feed;

CREATE VIEW commands AS
SELECT run, sequence,
       strftime('%Y-%m-%dT%H:%M:%S', time_us / 1000000, 'unixepoch') ||
           printf('.%06dZ', time_us % 1000000) AS time,
       time_us / 1e6 AS unix, cause, number, second, uid, verb, argument
FROM raw_command;

CREATE VIEW alerts AS
SELECT run, sequence,
       strftime('%Y-%m-%dT%H:%M:%S', time_us / 1000000, 'unixepoch') ||
           printf('.%06dZ', time_us % 1000000) AS time,
       time_us / 1e6 AS unix, cause, began_us, value, threshold, alert, severity, state, action,
       text
FROM raw_alert;
-- Positions that are not flat.
CREATE VIEW positions AS
SELECT run, symbol, quantity / 1e8 AS quantity, cost / 1e8 AS cost,
       1.0 * cost / quantity AS average_price, price / 1e8 AS price,
       strftime('%Y-%m-%dT%H:%M:%S', time_us / 1000000, 'unixepoch') ||
           printf('.%06dZ', time_us % 1000000) AS time, time_us / 1e6 AS unix, sequence
FROM raw_position WHERE quantity <> 0;

-- Each agent as it is now, or was at the end of its run.
CREATE VIEW agents AS
SELECT run, id, place, species, version, parent, state, reason, fitness, parameters, time, unix,
       sequence
FROM (SELECT *, row_number() OVER (PARTITION BY run, id ORDER BY sequence DESC) AS age
      FROM agent_versions)
WHERE age = 1;

-- One row an agent and minute.
CREATE VIEW weights_by_minute AS
SELECT w.run, w.sequence, strftime('%Y-%m-%dT%H:%M:%SZ', w.time_us / 1000000, 'unixepoch') AS time,
       w.time_us / 1e6 AS unix, a.id, a.species, share.value AS weight
FROM raw_weights AS w, json_each(w.weights) AS share, agents AS a
WHERE a.run = w.run AND a.place = share.key;

-- Agents by the weight that their votes have now, or had at the end of their run. versions: how
-- many it has had; fitness: mean reward a bar with which the present one was chosen.
CREATE VIEW agent_leaderboard AS
SELECT a.run, rank() OVER (PARTITION BY a.run ORDER BY share.value DESC) AS rank, a.id, a.species,
       a.version, a.state, share.value AS weight, a.fitness,
       (SELECT count(*) FROM raw_agent_profile AS v
        WHERE v.run = a.run AND v.id = a.id) AS versions,
       a.parameters, a.time AS since
FROM agents AS a, raw_weights AS w, json_each(w.weights) AS share
WHERE w.run = a.run AND share.key = a.place
    AND w.sequence = (SELECT max(sequence) FROM raw_weights AS l WHERE l.run = a.run)
ORDER BY a.run DESC, share.value DESC;

CREATE VIEW results_by_day AS
SELECT run, date(time_us / 1000000, 'unixepoch') AS day, count(*) AS fills,
       sum(realised_pnl) / 1e8 AS realised_pnl, sum(fee) / 1e8 AS fees,
       (sum(realised_pnl) - sum(fee)) / 1e8 AS net
FROM raw_fill GROUP BY run, day;

CREATE VIEW results_by_symbol AS
SELECT run, symbol, count(*) AS fills, sum(realised_pnl) / 1e8 AS realised_pnl,
       sum(fee) / 1e8 AS fees, (sum(realised_pnl) - sum(fee)) / 1e8 AS net
FROM raw_fill GROUP BY run, symbol;

-- Whether the books of a run add up, in units of 1e-8; each *_off is 0 when they do:
--     cash = initial cash + realised P&L − fees − what is in the positions
--     realised P&L, fees, number = those of the fills (and of what was adopted)
-- Where retention has removed fills the last three tell how much is gone.
CREATE VIEW books_check AS
SELECT e.run, e.sequence, e.cash, e.equity,
       e.initial_cash + e.realised_pnl - e.fees - e.cash -
           coalesce((SELECT sum(cost) FROM raw_position AS p WHERE p.run = e.run), 0) AS cash_off,
       e.realised_pnl - coalesce(f.realised_pnl, 0) - coalesce(a.number, 0) AS realised_pnl_off,
       e.fees - coalesce(f.fees, 0) - coalesce(a.second, 0) AS fees_off,
       e.fills - coalesce(f.fills, 0) AS fills_off
FROM (SELECT run, max(sequence) AS sequence FROM raw_equity GROUP BY run) AS newest
    JOIN raw_equity AS e ON e.run = newest.run AND e.sequence = newest.sequence
    LEFT JOIN (SELECT run, sum(realised_pnl) AS realised_pnl, sum(fee) AS fees, count(*) AS fills
               FROM raw_fill GROUP BY run) AS f ON f.run = e.run
    LEFT JOIN raw_command AS a ON a.run = e.run AND a.verb = 'adopt_result';

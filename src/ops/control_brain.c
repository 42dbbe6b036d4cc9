/* Commands about agents and money, and those that steer them. */
#include <string.h>

#include "tickd/agents/species.h"
#include "tickd/ops/control_call.h"
#include "tickd/ops/control_rows.h"
#include "tickd/ops/status_json.h"

enum { PERFORMANCE_SHOWN = 20 };

enum control_outcome answer_agents(struct call *call)
{
    status_print_agents(call_fill_status(call->desk), call->json, NULL);
    return CONTROL_ANSWERED;
}

/* The agent that an argument names; false, and the fault, when there is none. */
static bool take_agent(const struct call *call, struct agent_row *row)
{
    int64_t id = 0;

    if (!call_take_number(call, 0, INT32_MAX, &id))
        return false;
    if (engine_agent(call->desk->host->engine, id, row))
        return true;
    rpc_fault_set(call->fault, RPC_NOT_FOUND,
                  "there is no agent %lld; \"agents\" lists them with their ids", (long long)id);
    return false;
}

static void print_version(const struct agent_row *agent, const struct agent_version *version,
                          struct json *json)
{
    const struct species_description *species = species_describe(agent->species);

    json_begin_object(json, NULL);
    json_count(json, "version", version->version);
    json_count(json, "parent", version->parent);
    json_integer(json, "time_us", version->time_us);
    json_text(json, "reason", version_reason_name(version->reason));
    json_real(json, "fitness", version->fitness);
    json_real(json, "mean_reward", score_mean_reward(&version->record));
    json_count(json, "judged", version->record.judged);
    json_begin_object(json, "parameters");
    for (size_t i = 0; i < species->parameter_count; i++)
        json_real(json, species->parameters[i].name, version->parameters[i]);
    json_end(json);
    json_end(json);
}

static void print_performance(const struct evolution_performance *entry, struct json *json)
{
    json_begin_object(json, NULL);
    json_integer(json, "bar_start_ms", entry->bar_start_ms);
    json_real(json, "earned", entry->earned);
    json_count(json, "scored", entry->scored);
    json_count(json, "version", entry->version);
    json_end(json);
}

enum control_outcome answer_agent(struct call *call)
{
    const struct engine *engine = call->desk->host->engine;
    struct json *json = call->json;
    struct agent_row row;
    struct agent_version version;
    const struct evolution_performance *entry;

    if (!take_agent(call, &row))
        return CONTROL_ANSWERED;
    json_begin_object(json, NULL);
    json_integer(json, "id", row.id);
    json_text(json, "species", species_name(row.species));
    json_text(json, "reference", species_describe(row.species)->reference);
    json_text(json, "state", agent_state_name(row.state));
    json_real(json, "weight", row.weight);
    json_begin_rows(json, "versions");
    for (size_t i = 0; engine_agent_version(engine, row.id, i, &version) && !json->out->cut; i++)
        print_version(&row, &version, json);
    json_end(json);
    json_begin_rows(json, "performance");
    for (size_t i = 0;
         i < PERFORMANCE_SHOWN && (entry = engine_agent_performance(engine, row.id, i)) != NULL;
         i++)
        print_performance(entry, json);
    json_end(json);
    json_end(json);
    return CONTROL_ANSWERED;
}

enum control_outcome answer_positions(struct call *call)
{
    const struct status *status = call_fill_status(call->desk);

    json_begin_object(call->json, NULL);
    json_money(call->json, "cash", status->portfolio.cash);
    json_money(call->json, "equity", status->portfolio.equity);
    json_money(call->json, "unrealised_pnl", status->portfolio.unrealised_pnl);
    json_flag(call->json, "halted", status->portfolio.halted);
    status_print_positions(status, call->json, "positions");
    json_end(call->json);
    return CONTROL_ANSWERED;
}

static enum control_outcome answer_entries(struct call *call, const char *module, const char *name)
{
    uint16_t symbol = SYMBOL_NONE;
    int64_t count = CALL_ENTRIES_DEFAULT;

    if (!call_take_number(call, 0, CALL_ENTRIES_MAX, &count) ||
        (call_argument(call, 1) != NULL && !call_take_symbol(call, 1, &symbol)))
        return CONTROL_ANSWERED;
    json_begin_rows(call->json, NULL);
    control_print_entries(call->desk->host->engine, module, name,
                          (struct control_range){(size_t)count, 0, symbol}, call->json);
    json_end(call->json);
    return CONTROL_ANSWERED;
}

enum control_outcome answer_trades(struct call *call)
{
    return answer_entries(call, "portfolio", "trade_history");
}

enum control_outcome answer_decisions(struct call *call)
{
    return answer_entries(call, "consensus", "consensus_history");
}

enum control_outcome answer_alerts(struct call *call)
{
    if (call_argument(call, 0) != NULL)
        return answer_entries(call, "monitor", "alerts");
    status_print_alerts(call_fill_status(call->desk), call->json, NULL, true);
    return CONTROL_ANSWERED;
}

/* What changes something: each a COMMAND message. */

static enum control_outcome give_for_agent(struct call *call, enum command_verb verb)
{
    struct agent_row row;

    if (!take_agent(call, &row))
        return CONTROL_ANSWERED;
    return call_give_command(call,
                             &(struct command_message){.number = row.id, .verb = (uint32_t)verb});
}

enum control_outcome answer_suspend(struct call *call)
{
    return give_for_agent(call, COMMAND_SUSPEND);
}

enum control_outcome answer_resume(struct call *call)
{
    return give_for_agent(call, COMMAND_RESUME);
}

static bool has_version(const struct engine *engine, int64_t id, int64_t wanted)
{
    struct agent_version version;

    for (size_t i = 0; engine_agent_version(engine, id, i, &version); i++) {
        if (version.version == wanted)
            return true;
    }
    return false;
}

enum control_outcome answer_rollback(struct call *call)
{
    const struct engine *engine = call->desk->host->engine;
    struct agent_row row;
    int64_t version = 0;

    if (!take_agent(call, &row) || !call_take_number(call, 1, INT32_MAX, &version))
        return CONTROL_ANSWERED;
    if (version == 0 ? row.version.parent == 0 : !has_version(engine, row.id, version)) {
        rpc_fault_set(call->fault, RPC_NOT_FOUND,
                      "agent %lld has no such version to go back to; \"agent %lld\" lists them",
                      (long long)row.id, (long long)row.id);
        return CONTROL_ANSWERED;
    }
    return call_give_command(
        call,
        &(struct command_message){.number = row.id, .second = version, .verb = COMMAND_ROLLBACK});
}

enum control_outcome answer_halt(struct call *call)
{
    struct command_message command = {.verb = COMMAND_HALT};
    struct text reason;

    text_init(&reason, command.argument, sizeof command.argument);
    for (size_t i = 0; call_argument(call, i) != NULL; i++)
        text_format(&reason, "%s%s", i > 0 ? " " : "", call_argument(call, i));
    return call_give_command(call, &command);
}

enum control_outcome answer_unhalt(struct call *call)
{
    return call_give_command(call, &(struct command_message){.verb = COMMAND_UNHALT});
}

enum control_outcome answer_flatten(struct call *call)
{
    return call_give_command(call, &(struct command_message){.verb = COMMAND_FLATTEN});
}

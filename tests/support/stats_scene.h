/* A page of counters in a folder of its own, of a small status document. */
#ifndef TICKD_SUPPORT_STATS_SCENE_H
#define TICKD_SUPPORT_STATS_SCENE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tickd/ops/metrics_table.h"
#include "tickd/ops/stats_reader.h"

#define SCENE_NOW_US INT64_C(1795451500000000)

struct stats_scene {
    char folder[32];
    char path[64];
    struct status status;
    struct stats_page page;
    struct stats_copy copy;
    char why_memory[512];
    struct text why;
};

static inline int64_t scene_now_us(void)
{
    return SCENE_NOW_US;
}

/* Of this process, begun ten seconds ago. */
static inline struct stats_owner scene_owner(void)
{
    return (struct stats_owner){.program = "1.2.3",
                                .pid = getpid(),
                                .started_us = SCENE_NOW_US - 10000000,
                                .now_us = scene_now_us};
}

static inline void scene_begin(struct stats_scene *scene)
{
    memset(scene, 0, sizeof *scene);
    text_init(&scene->why, scene->why_memory, sizeof scene->why_memory);
    (void)snprintf(scene->folder, sizeof scene->folder, "/tmp/tickd-stats-XXXXXX");
    assert_non_null(mkdtemp(scene->folder));
    (void)snprintf(scene->path, sizeof scene->path, "%s/tickd.stats", scene->folder);
    scene->status.history_count = 1;
    scene->status.histories[0] = (struct history){"bus", "message_log", 10, 100, 10, 0, 2480};
    scene->status.module_count = 1;
    scene->status.modules[0] =
        (struct assessment){.id = MODULE_MARKET, .state = MODULE_STALE, .handled = 70};
}

static inline void scene_open(struct stats_scene *scene)
{
    struct stats_owner owner = scene_owner();

    if (stats_page_open(&scene->page, scene->path, &owner, &scene->status, &scene->why) != 0)
        fail_msg("%s", scene->why_memory);
}

static inline void scene_read(struct stats_scene *scene)
{
    if (stats_read(scene->path, &scene->copy, &scene->why) != 0)
        fail_msg("%s", scene->why_memory);
}

static inline void scene_end(struct stats_scene *scene)
{
    char path[80];

    stats_page_close(&scene->page);
    (void)unlink(scene->path);
    (void)snprintf(path, sizeof path, "%s.previous", scene->path);
    (void)unlink(path);
    assert_int_equal(rmdir(scene->folder), 0); /* nothing else was left */
}

static inline const struct stats_row *scene_row(const struct stats_scene *scene, const char *name)
{
    for (size_t i = 0; i < scene->copy.view.row_count; i++) {
        if (strcmp(scene->copy.view.rows[i].name, name) == 0)
            return &scene->copy.view.rows[i];
    }
    fail_msg("there is no row %s", name);
    return NULL;
}

#endif

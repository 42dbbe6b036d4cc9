/* Votes and what became of them: judged by hand, against the sum of rewards one by one, and against
 * the book that evolution judges by. */
#include "tickd/modules/introspection_judge.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/numbers.h"
#include "support/seed.h"
#include "tickd/base/real.h"
#include "tickd/base/rng.h"
#include "tickd/bus/vocabulary.h"
#include "tickd/modules/evolution_book.h"

enum { HORIZON = 5, PLACES = 4, BARS = 400 };

static const double cost = 6e-4;

struct scene {
    struct arena arena;
    struct judge judge;
    struct book book;
    struct judge_tally tallies[PLACES];
};

static bool build(struct scene *scene, struct arena *arena)
{
    judge_init(&scene->judge, arena, "votes", 2, PLACES, HORIZON, cost);
    return book_init(&scene->book, arena, 2, PLACES, HORIZON, cost);
}

static void start(struct scene *scene)
{
    struct arena measuring;
    memset(scene, 0, sizeof *scene);
    arena_init_measuring(&measuring);
    assert_false(build(scene, &measuring));
    assert_int_equal(arena_init(&scene->arena, measuring.used), 0);
    assert_true(build(scene, &scene->arena));
}

static void stop(struct scene *scene)
{
    arena_fini(&scene->arena);
}

static double earned_by(const struct judge_tally *tally)
{
    return tally->worth - tally->costs;
}

/* A path that everybody can vote on. */
struct path {
    double closes[BARS];
    double volatilities[BARS];
    int8_t votes[BARS][PLACES];
};

static double horizon_return(const struct path *path, size_t bar)
{
    return bar < HORIZON ? real_nan()
                         : real_log(path->closes[bar]) - real_log(path->closes[bar - HORIZON]);
}

static struct judge_bar bar_of(const struct path *path, size_t bar)
{
    return (struct judge_bar){.close = path->closes[bar],
                              .volatility = path->volatilities[bar],
                              .horizon_return = horizon_return(path, bar)};
}

/* Holds at both ends, so that every tranche opens and closes inside. */
static void draw_path(struct path *path, struct rng *rng, bool abstaining)
{
    double close = 100;
    for (size_t bar = 0; bar < BARS; bar++) {
        path->volatilities[bar] = 0.001 * (1 + rng_uniform(rng));
        close *= real_exp(0.002 * (rng_uniform(rng) - 0.5));
        path->closes[bar] = close;
        for (size_t place = 0; place < PLACES; place++) {
            int vote = (int)(rng_uniform(rng) * 5) * 50 - 100;
            bool ends = bar < HORIZON || bar >= BARS - HORIZON;
            bool abstains = abstaining && rng_uniform(rng) < 0.02;
            path->votes[bar][place] = abstains ? VOTE_ABSTAINS : ends ? 0 : (int8_t)vote;
        }
    }
}

static void test_votes_are_judged_by_the_return_of_their_horizon(void **state)
{
    (void)state;
    struct scene scene;
    start(&scene);
    static const int8_t votes[PLACES] = {80, -80, 0, VOTE_ABSTAINS};
    for (size_t bar = 0; bar < HORIZON + 10; bar++) {
        double rise = bar < HORIZON ? real_nan() : bar % 2 == 0 ? 0.001 : -0.001;
        rise = bar == HORIZON + 9 ? 0 : rise;
        judge_votes(&scene.judge, 0,
                    &(struct judge_bar){.close = 100, .volatility = 0.001, .horizon_return = rise},
                    votes, PLACES, scene.tallies);
    }
    /* Of 10 outcomes bars 6, 8, 10, 12 rise, 5, 7, 9, 11, 13 fall, 14 stands still. */
    assert_int_equal(scene.tallies[0].votes, 10);
    assert_int_equal(scene.tallies[0].right, 4);
    assert_int_equal(scene.tallies[1].right, 5);
    assert_near(judge_hit_rate(&scene.tallies[1]), 0.5, 0);
    /* 80% of confidence is a probability of 0.9: 0.01 when right, 0.81 when not. */
    assert_near(judge_brier_score(&scene.tallies[0]), (4 * 0.01 + 6 * 0.81) / 10, 1e-15);
    assert_int_equal(scene.tallies[2].votes, 0);
    assert_int_equal(scene.tallies[2].scored, 10);
    assert_true(isnan(judge_hit_rate(&scene.tallies[2])));
    assert_int_equal(scene.tallies[3].scored, 0);
    assert_true(isnan(judge_mean_reward(&scene.tallies[3])));
    stop(&scene);
}

static int side_of(int8_t vote)
{
    return (vote > 0 ? 1 : 0) - (vote < 0 ? 1 : 0);
}

/* The definition, vote by vote. */
static double reward_of_votes(const struct path *path, size_t place)
{
    double sum = 0;
    for (size_t bar = HORIZON; bar + HORIZON < BARS; bar++) {
        double scale = 1 / (path->volatilities[bar] * sqrt(HORIZON));
        int side = side_of(path->votes[bar][place]);
        int before = side_of(path->votes[bar - HORIZON][place]);
        sum +=
            side * horizon_return(path, bar + HORIZON) * scale - cost * scale * abs(side - before);
    }
    /* the way out of the last ones */
    for (size_t bar = BARS - HORIZON; bar < BARS; bar++) {
        double scale = 1 / (path->volatilities[bar] * sqrt(HORIZON));
        sum -= cost * scale * abs(side_of(path->votes[bar - HORIZON][place]));
    }
    return sum;
}

static void test_what_is_earned_bar_by_bar_is_what_the_votes_are_worth(void **state)
{
    (void)state;
    struct scene scene;
    struct path path;
    struct rng rng;
    start(&scene);
    rng_stream(&rng, test_seed(), "introspection judge");
    draw_path(&path, &rng, false);
    for (size_t bar = 0; bar < BARS; bar++) {
        struct judge_bar now = bar_of(&path, bar);
        judge_votes(&scene.judge, 1, &now, path.votes[bar], PLACES, scene.tallies);
    }
    for (size_t place = 0; place < PLACES; place++) {
        assert_int_equal(scene.tallies[place].scored, BARS - HORIZON);
        assert_near(earned_by(&scene.tallies[place]), reward_of_votes(&path, place), 1e-9);
        assert_true(scene.tallies[place].costs > 0);
        assert_true(scene.tallies[place].changes > 0);
    }
    stop(&scene);
}

static void test_it_judges_as_evolution_does(void **state)
{
    (void)state;
    struct scene scene;
    struct path path;
    struct rng rng;
    start(&scene);
    rng_stream(&rng, test_seed(), "introspection and evolution");
    draw_path(&path, &rng, true);
    path.volatilities[100] = real_nan();
    path.volatilities[101] = 0;
    for (size_t bar = 0; bar < BARS; bar++) {
        struct judge_bar now = bar_of(&path, bar);
        now.after_gap = bar == 200;
        if (bar == 200) {
            book_forget(&scene.book, 0);
        }
        if (bar == 250) { /* somebody else, with a record of its own */
            judge_clear(&scene.judge, 2);
            scene.tallies[2] = (struct judge_tally){0};
            book_clear(&scene.book, 2);
        }
        judge_votes(&scene.judge, 0, &now, path.votes[bar], PLACES, scene.tallies);
        book_bar(&scene.book, 0, now.close, now.volatility);
        book_votes(&scene.book, 0, 0, PLACES, path.votes[bar]);
    }
    for (size_t place = 0; place < PLACES; place++) {
        uint64_t scored;
        double earned = book_earned(&scene.book, place, &scored);
        assert_true(scored > 50);
        assert_int_equal(scene.tallies[place].scored, scored);
        assert_near(earned_by(&scene.tallies[place]), earned, 1e-12);
    }
    stop(&scene);
}

static void test_nothing_is_judged_across_a_gap(void **state)
{
    (void)state;
    struct scene scene;
    start(&scene);
    static const int8_t votes[PLACES] = {100, 100, 100, 100};
    struct judge_bar bar = {.close = 100, .volatility = 0.001, .horizon_return = 0.01};
    for (size_t i = 0; i < HORIZON; i++) {
        judge_votes(&scene.judge, 0, &bar, votes, PLACES, scene.tallies);
    }
    bar.after_gap = true;
    bar.close = 200;
    judge_votes(&scene.judge, 0, &bar, votes, PLACES, scene.tallies);
    bar.after_gap = false;
    for (size_t i = 1; i < HORIZON; i++) {
        judge_votes(&scene.judge, 0, &bar, votes, PLACES, scene.tallies);
    }
    assert_int_equal(scene.tallies[0].votes, 0);
    assert_int_equal(scene.tallies[0].scored, 0);
    judge_votes(&scene.judge, 0, &bar, votes, PLACES, scene.tallies);
    assert_int_equal(scene.tallies[0].votes, 1);
    assert_int_equal(scene.tallies[0].scored, 1);
    assert_near(earned_by(&scene.tallies[0]), 0, 0);
    stop(&scene);
}

static void test_places_beyond_a_short_ballot_abstain(void **state)
{
    (void)state;
    struct scene scene;
    start(&scene);
    static const int8_t votes[PLACES] = {100, 100, 100, 100};
    struct judge_bar bar = {.close = 100, .volatility = 0.001, .horizon_return = 0.01};
    for (size_t i = 0; i < 3 * HORIZON; i++) {
        judge_votes(&scene.judge, 0, &bar, votes, 2, scene.tallies);
    }
    assert_int_equal(scene.tallies[1].scored, 2 * HORIZON);
    assert_int_equal(scene.tallies[2].scored, 0);
    stop(&scene);
}

static void test_turnover_counts_changes_of_side(void **state)
{
    (void)state;
    struct scene scene;
    start(&scene);
    struct judge_bar bar = {.close = 100, .volatility = 0.001, .horizon_return = 0.01};
    for (size_t i = 0; i < 6 * HORIZON; i++) {
        bool turned = i / HORIZON % 2 == 1;
        int8_t votes[PLACES] = {70, turned ? -70 : 70, turned ? 0 : 70, 0};
        judge_votes(&scene.judge, 0, &bar, votes, PLACES, scene.tallies);
    }
    assert_near(judge_turnover(&scene.tallies[0]), 0, 0);
    assert_near(judge_turnover(&scene.tallies[1]), 2, 0);
    assert_near(judge_turnover(&scene.tallies[2]), 1, 0);
    stop(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_votes_are_judged_by_the_return_of_their_horizon),
        cmocka_unit_test(test_what_is_earned_bar_by_bar_is_what_the_votes_are_worth),
        cmocka_unit_test(test_it_judges_as_evolution_does),
        cmocka_unit_test(test_nothing_is_judged_across_a_gap),
        cmocka_unit_test(test_places_beyond_a_short_ballot_abstain),
        cmocka_unit_test(test_turnover_counts_changes_of_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

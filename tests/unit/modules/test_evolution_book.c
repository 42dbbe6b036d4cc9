/* The book of tranches against rewards that are worked out vote by vote. */
#include "tickd/modules/evolution_book.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "support/numbers.h"
#include "support/seed.h"
#include "tickd/base/real.h"
#include "tickd/base/rng.h"
#include "tickd/bus/vocabulary.h"

enum { SYMBOLS = 2, PLACES = 3, HORIZON = 5, BARS = 400 };

static const double cost = 0.0006;

struct fixture {
    struct arena arena;
    struct book book;
};

static void start(struct fixture *fixture)
{
    struct arena measuring;
    arena_init_measuring(&measuring);
    assert_false(book_init(&fixture->book, &measuring, SYMBOLS, PLACES, HORIZON, cost));
    assert_int_equal(arena_init(&fixture->arena, measuring.used), 0);
    assert_true(book_init(&fixture->book, &fixture->arena, SYMBOLS, PLACES, HORIZON, cost));
    assert_int_equal(fixture->arena.used, measuring.used);
}

static void stop(struct fixture *fixture)
{
    arena_fini(&fixture->arena);
}

/* A walk with its volatility, and votes that come and go. */
struct story {
    double close[BARS];
    double volatility[BARS];
    int8_t votes[BARS][PLACES];
};

static void tell(struct story *story, const char *name)
{
    struct rng rng;
    double price = 100;
    rng_stream(&rng, test_seed(), name);
    for (size_t n = 0; n < BARS; n++) {
        story->volatility[n] = 0.0005 + 0.001 * rng_uniform(&rng);
        price *= exp(0.0007 * rng_normal(&rng));
        story->close[n] = price;
        for (size_t place = 0; place < PLACES; place++) {
            story->votes[n][place] = (int8_t)((int)rng_below(&rng, 201) - 100);
        }
    }
}

static int side_of(int8_t vote)
{
    return (vote > 0) - (vote < 0);
}

/* The reward of a vote as it is defined: known a horizon later. */
static double reward(const struct story *story, size_t n, size_t place)
{
    double units = story->volatility[n] * sqrt(HORIZON);
    int side = side_of(story->votes[n][place]);
    int before = n >= HORIZON ? side_of(story->votes[n - HORIZON][place]) : 0;
    double moved = log(story->close[n + HORIZON] / story->close[n]);
    return (side * moved - cost * abs(side - before)) / units;
}

static void play(struct book *book, const struct story *story, size_t from, size_t to)
{
    for (size_t n = from; n < to; n++) {
        book_bar(book, 0, story->close[n], story->volatility[n]);
        book_votes(book, 0, 0, PLACES, story->votes[n]);
    }
}

/* Every tranche is opened and closed within what is scored: nobody has a side at the ends. */
static void test_what_is_earned_bar_by_bar_adds_up_to_the_rewards_of_votes(void **state)
{
    (void)state;
    struct fixture fixture;
    static struct story story;
    start(&fixture);
    tell(&story, "rewards");
    memset(story.votes, 0, HORIZON * sizeof story.votes[0]);
    memset(story.votes[BARS - 2 * HORIZON], 0, 2 * HORIZON * sizeof story.votes[0]);
    play(&fixture.book, &story, 0, BARS);
    for (size_t place = 0; place < PLACES; place++) {
        uint64_t scored;
        double sum = 0;
        for (size_t n = 0; n + HORIZON < BARS; n++) {
            sum += reward(&story, n, place);
        }
        assert_near(book_earned(&fixture.book, place, &scored), sum, 1e-9);
        assert_int_equal(scored, BARS - HORIZON);
        assert_true(fabs(sum) > 1);
    }
    stop(&fixture);
}

/* The loop over all places is a copy of reward_step(): here it is held to it. */
static void test_the_book_agrees_with_the_definition_step_by_step(void **state)
{
    (void)state;
    struct fixture fixture;
    static struct story story;
    struct reward_price price = {0};
    struct reward_tranches tranches = {0};
    double scales[HORIZON] = {0};
    int sides[HORIZON];
    double sum = 0;
    uint64_t scored;
    uint64_t steps = 0;
    start(&fixture);
    tell(&story, "steps");
    story.votes[100][1] = VOTE_ABSTAINS;
    story.close[200] *= 3;
    story.volatility[300] = 0;
    for (size_t i = 0; i < HORIZON; i++) {
        sides[i] = REWARD_NO_SIDE;
    }
    for (size_t n = 0; n < BARS; n++) {
        size_t row = n % HORIZON;
        double scale = reward_scale(story.volatility[n], sqrt(HORIZON));
        struct reward_bar bar = {
            .bar_return = reward_next_return(&price, story.close[n], story.volatility[n]),
            .scale = scale,
            .scale_out = scales[row],
            .cost = cost,
            .horizon = HORIZON};
        struct reward reward;
        int side = reward_side(story.votes[n][1], scale);
        if (reward_step(&tranches, side, sides[row], &bar, &reward)) {
            sum += reward.worth - reward.costs;
            steps++;
        }
        sides[row] = side;
        scales[row] = scale;
    }
    play(&fixture.book, &story, 0, BARS);
    assert_near(book_earned(&fixture.book, 1, &scored), sum, 1e-9);
    assert_int_equal(scored, steps);
    assert_int_equal(scored, BARS - 3 * HORIZON);
    stop(&fixture);
}

static void test_nobody_is_scored_before_a_horizon_of_votes(void **state)
{
    (void)state;
    struct fixture fixture;
    static struct story story;
    uint64_t scored;
    start(&fixture);
    tell(&story, "warm");
    for (size_t n = 0; n < 2 * HORIZON; n++) {
        assert_int_equal(book_bar(&fixture.book, 0, story.close[n], story.volatility[n]),
                         n >= HORIZON);
        book_votes(&fixture.book, 0, 0, PLACES, story.votes[n]);
        book_earned(&fixture.book, 0, &scored);
        assert_int_equal(scored, n < HORIZON ? 0 : n - HORIZON + 1);
    }
    stop(&fixture);
}

static void test_an_abstention_costs_a_horizon_of_scores(void **state)
{
    (void)state;
    struct fixture fixture;
    static struct story story;
    uint64_t scored;
    uint64_t others;
    start(&fixture);
    tell(&story, "abstention");
    story.votes[50][1] = VOTE_ABSTAINS;
    play(&fixture.book, &story, 0, 100);
    book_earned(&fixture.book, 1, &scored);
    book_earned(&fixture.book, 0, &others);
    assert_int_equal(others, 100 - HORIZON);
    assert_int_equal(scored, 100 - 2 * HORIZON);
    stop(&fixture);
}

static void test_a_gap_drops_all_votes_of_its_symbol(void **state)
{
    (void)state;
    struct fixture fixture;
    static struct story story;
    uint64_t scored;
    start(&fixture);
    tell(&story, "gap");
    play(&fixture.book, &story, 0, 50);
    double before = book_earned(&fixture.book, 0, &scored);
    book_forget(&fixture.book, 0);
    for (size_t n = 50; n < 300; n++) {
        story.close[n] *= 2; /* what happened in the gap is nobody's merit */
    }
    play(&fixture.book, &story, 50, 50 + HORIZON);
    assert_near(book_earned(&fixture.book, 0, &scored), before, 0);
    assert_int_equal(scored, 50 - HORIZON);
    play(&fixture.book, &story, 50 + HORIZON, 60 + HORIZON);
    book_earned(&fixture.book, 0, &scored);
    assert_int_equal(scored, 60 - HORIZON);
    stop(&fixture);
}

static void test_somebody_else_at_a_place_does_not_inherit_its_votes(void **state)
{
    (void)state;
    struct fixture fixture;
    struct fixture fresh;
    static struct story story;
    uint64_t scored;
    start(&fixture);
    start(&fresh);
    tell(&story, "heir");
    play(&fixture.book, &story, 0, 50);
    book_clear(&fixture.book, 2);
    book_begin_block(&fixture.book);
    play(&fixture.book, &story, 50, 100);
    play(&fresh.book, &story, 50, 100);
    double heir = book_earned(&fixture.book, 2, &scored);
    assert_int_equal(scored, 50 - HORIZON);
    assert_near(heir, book_earned(&fresh.book, 2, &scored), 1e-9);
    book_earned(&fixture.book, 0, &scored);
    assert_int_equal(scored, 50);
    stop(&fixture);
    stop(&fresh);
}

static void test_nor_what_it_has_earned_in_the_block(void **state)
{
    (void)state;
    struct fixture fixture;
    static struct story story;
    uint64_t scored;
    start(&fixture);
    tell(&story, "inheritance");
    play(&fixture.book, &story, 0, HORIZON + 1); /* one bar was scored, and no other comes */
    assert_true(book_compare(&fixture.book, 0, 1).horizons > 0);
    book_clear(&fixture.book, 1);
    assert_near(book_earned(&fixture.book, 1, &scored), 0, 0);
    assert_int_equal(scored, 0);
    assert_near(book_compare(&fixture.book, 0, 1).horizons, 0, 0);
    assert_true(book_compare(&fixture.book, 0, 2).horizons > 0);
    stop(&fixture);
}

static void test_votes_without_a_volatility_are_not_judged(void **state)
{
    (void)state;
    struct fixture fixture;
    static struct story story;
    uint64_t scored;
    start(&fixture);
    tell(&story, "still");
    story.volatility[20] = 0;
    story.volatility[40] = real_nan();
    story.volatility[60] = 1e-9;
    play(&fixture.book, &story, 0, 80);
    assert_true(isfinite(book_earned(&fixture.book, 0, &scored)));
    assert_int_equal(scored, 80 - 4 * HORIZON);
    stop(&fixture);
}

static void test_one_bad_print_does_not_outweigh_everything(void **state)
{
    (void)state;
    struct fixture fixture;
    static struct story story;
    uint64_t scored;
    start(&fixture);
    tell(&story, "print");
    for (size_t n = 0; n < 40; n++) {
        memset(story.votes[n], 100, PLACES);
        story.volatility[n] = 0.001;
        story.close[n] = n == 30 ? 1000 : 100;
    }
    play(&fixture.book, &story, 0, 31);
    /* 5 tranches of 1 / (0.001 · √5) each, times 8 · 0.001 */
    assert_near(book_earned(&fixture.book, 0, &scored), 8 * sqrt(5), 1e-9);
    stop(&fixture);
}

static void test_pairs_are_compared_where_both_were_scored_throughout(void **state)
{
    (void)state;
    struct fixture fixture;
    static struct story story;
    uint64_t scored;
    start(&fixture);
    tell(&story, "pairs");
    play(&fixture.book, &story, 0, 40);
    for (size_t n = 0; n < 60; n++) { /* the other symbol, where place 1 abstains for a while */
        int8_t votes[PLACES] = {50, n < 50 ? 50 : VOTE_ABSTAINS, -50};
        book_bar(&fixture.book, 1, story.close[n], story.volatility[n]);
        book_votes(&fixture.book, 1, 0, PLACES, votes);
    }
    struct book_pair all = book_compare(&fixture.book, 0, 2);
    struct book_pair some = book_compare(&fixture.book, 0, 1);
    assert_near(all.horizons, (40.0 + 60.0 - 2 * HORIZON) / HORIZON, 1e-12);
    assert_near(all.first, book_earned(&fixture.book, 0, &scored) / HORIZON, 1e-12);
    assert_near(all.second, book_earned(&fixture.book, 2, &scored) / HORIZON, 1e-12);
    assert_near(some.horizons, (40.0 - HORIZON) / HORIZON, 1e-12);
    struct book_pair alone = book_compare(&fixture.book, 0, BOOK_NO_PLACE);
    assert_near(alone.first, all.first, 0);
    assert_near(alone.second, 0, 0);
    book_begin_block(&fixture.book);
    assert_near(book_compare(&fixture.book, 0, 2).horizons, 0, 0);
    stop(&fixture);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_earned_bar_by_bar_adds_up_to_the_rewards_of_votes),
        cmocka_unit_test(test_the_book_agrees_with_the_definition_step_by_step),
        cmocka_unit_test(test_nobody_is_scored_before_a_horizon_of_votes),
        cmocka_unit_test(test_an_abstention_costs_a_horizon_of_scores),
        cmocka_unit_test(test_a_gap_drops_all_votes_of_its_symbol),
        cmocka_unit_test(test_somebody_else_at_a_place_does_not_inherit_its_votes),
        cmocka_unit_test(test_nor_what_it_has_earned_in_the_block),
        cmocka_unit_test(test_votes_without_a_volatility_are_not_judged),
        cmocka_unit_test(test_one_bad_print_does_not_outweigh_everything),
        cmocka_unit_test(test_pairs_are_compared_where_both_were_scored_throughout),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

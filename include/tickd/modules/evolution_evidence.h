/* Evidence that one agent is better than another, which may be looked at whenever one likes.
 *
 * What it is fed are differences D of what two agents have earned on the same bars, one a block of
 * bars. Let S = Σ D and V = Σ D². While neither is better, so that every D is as likely as −D given
 * the past, exp(λS − λ²V/2) is a supermartingale for each λ (de la Peña, Annals of Probability 27,
 * 1999, lemma 6.1; for means below 0 Bercu & Touati, Annals of Applied Probability 18, 2008), and
 * so is its mean over a half-normal λ of variance 1/v:
 *
 *     E = 2 · √(v / (v + V)) · exp(S² / (2 (V + v))) · Φ(S / √(V + v))
 *
 * E starts at 1, and the probability that it ever reaches 1/α is at most α (Ville 1939; Robbins,
 * Annals of Mathematical Statistics 41, 1970): no number of looks makes luck into evidence. No
 * variance is assumed, S²/V is what a t-test looks at.
 *
 * Where differences hang together in time (an advantage in one regime of the market and a
 * disadvantage in the next), V is enlarged by their autocorrelations, weighted by a lag window that
 * falls by a sixteenth a block (as Newey & West, Econometrica 55, 1987, do with a triangular one).
 * It is never made smaller by them, so that E only ever becomes smaller. That allows for most of
 * what hangs together, not for all of it. */
#ifndef TICKD_MODULES_EVOLUTION_EVIDENCE_H
#define TICKD_MODULES_EVOLUTION_EVIDENCE_H

#include "tickd/base/compiler.h"

struct evidence {
    double sum;            /* S */
    double squares;        /* V */
    double tail;           /* T: the past D by the lag window */
    double tail_weight;    /* the window's weights so far */
    double lagged;         /* Σ D·T */
    double lagged_weight;  /* Σ of the window's weights */
    double weight;         /* Σ w, w = bars of a block in horizons, over all symbols */
    double weight_squares; /* Σ w² */
    double products;       /* Σ D·w */
    double earned;         /* by the first of the two */
    uint64_t blocks;
};

/* A block: what the first earned, what the second did, over so many horizons (of all symbols
 * together). None adds nothing. */
void evidence_add(struct evidence *evidence, double first, double second, double weight);

/* Means a horizon; NaN before the first block. */
double evidence_advantage(const struct evidence *evidence);
double evidence_first_mean(const struct evidence *evidence);

/* ln E that the first is better than the second. */
double evidence_better(const struct evidence *evidence);
/* ln E that the second is better than the first. */
double evidence_worse(const struct evidence *evidence);

/* The advantage that evidence reaches `threshold` (ln 1/α) for: the lower bound of a confidence
 * sequence. NaN while there are too few blocks for any. */
double evidence_lower_bound(const struct evidence *evidence, double threshold);

/* S / √V, with the enlarged V: about a standard normal for two equal ones; 0 without blocks. */
double evidence_score(const struct evidence *evidence);

#endif

/* Books that are taken over from a record: a series of COMMANDs (ADOPT_…), each an input of the
 * journal, so that a replay of the same inputs has the same books. In between they need not add up;
 * with ADOPT_BOOKS they have to, or all of it is undone. */
#ifndef TICKD_MODULES_PORTFOLIO_ADOPTION_H
#define TICKD_MODULES_PORTFOLIO_ADOPTION_H

#include "tickd/modules/portfolio_risk.h"

enum adoption_step {
    ADOPTION_GOES_ON,
    ADOPTION_DONE,   /* the books add up, and peak and the day's first equity are set */
    ADOPTION_REFUSED /* what is asked for cannot be: the books are to be begun anew */
};

bool adoption_is_verb(uint32_t verb);

/* Takes one command, whose numbers may be any. `place`: of the symbol that it names, or
 * SYMBOL_NONE. Only for books on which nothing was ever traded. */
enum adoption_step adoption_take(struct books *books, struct risk *risk, uint16_t place,
                                 const struct command_message *command, int64_t now_us);

#endif

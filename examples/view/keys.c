/*
 * keys.c - the table of keys: what they do, and what the help says.
 */
#include "keys.h"

#include "session.h"

#include <stddef.h>

/* clang-format off */
const struct key_binding key_bindings[] = {
    {'1', CMD_SCREEN, false, 0, "1 … 7", "the screens; F1 to F7 always"},
    {'2', CMD_SCREEN, false, 1, NULL, NULL},
    {'3', CMD_SCREEN, false, 2, NULL, NULL},
    {'4', CMD_SCREEN, false, 3, NULL, NULL},
    {'5', CMD_SCREEN, false, 4, NULL, NULL},
    {'6', CMD_SCREEN, false, 5, NULL, NULL},
    {'7', CMD_SCREEN, false, 6, NULL, NULL},
    {KEY_F1, CMD_SCREEN, true, 0, NULL, NULL},
    {KEY_F1 + 1, CMD_SCREEN, true, 1, NULL, NULL},
    {KEY_F1 + 2, CMD_SCREEN, true, 2, NULL, NULL},
    {KEY_F1 + 3, CMD_SCREEN, true, 3, NULL, NULL},
    {KEY_F1 + 4, CMD_SCREEN, true, 4, NULL, NULL},
    {KEY_F1 + 5, CMD_SCREEN, true, 5, NULL, NULL},
    {KEY_F1 + 6, CMD_SCREEN, true, 6, NULL, NULL},
    {'\t', CMD_NEXT_TAB, false, 1, "Tab", "the next screen; with Shift the one before"},
    {KEY_BACK_TAB, CMD_NEXT_TAB, true, -1, NULL, NULL},
    {' ', CMD_RUN, false, 0, "Space", "run, or pause; F8 always"},
    {KEY_F1 + 7, CMD_RUN, true, 0, NULL, NULL},
    {'s', CMD_UNTIL, false, UNTIL_INSN, "s", "step an instruction"},
    {'w', CMD_UNTIL, false, UNTIL_WALK, "w", "run to the next page walk"},
    {'f', CMD_UNTIL, false, UNTIL_FAULT, "f", "run to the next exception"},
    {'i', CMD_UNTIL, false, UNTIL_IRQ, "i", "run to the next interrupt"},
    {'c', CMD_UNTIL, false, UNTIL_CR3, "c", "run to the next address space (CR3)"},
    {'r', CMD_UNTIL, false, UNTIL_RING, "r", "run to the next change of the ring"},
    {'y', CMD_UNTIL, false, UNTIL_SYSCALL, "y", "run to the next SYSCALL"},
    {'o', CMD_PHASE, false, 0, "o", "slow motion: fetch, decode, execute"},
    {',', CMD_SPEED, false, -1, ", .", "run slower, faster"},
    {'.', CMD_SPEED, false, 1, NULL, NULL},
    {'[', CMD_TURN, false, -1, "[ ]", "the walk (elsewhere: the event) before, next"},
    {']', CMD_TURN, false, 1, NULL, NULL},
    {'l', CMD_LIVE, false, 0, "l", "back to what happens now"},
    {'a', CMD_ASK, false, ASK_ADDRESS, "a", "type an address, or the name of a register"},
    {'/', CMD_ASK, false, ASK_SEARCH, "/", "search: address, symbol, rights (w+x), frame (pa 1000)"},
    {'x', CMD_ACCESS, false, 0, "x", "another kind of access, or another ring"},
    {'B', CMD_ASK, false, ASK_BREAK, "B", "type a breakpoint; again: take it away"},
    {'b', CMD_BREAK, false, -1, "b", "a breakpoint at the instruction shown"},
    {'m', CMD_MARK, false, 0, "m", "bookmark the event looked at"},
    {'n', CMD_NEXT_MARK, false, 0, "n", "to the next bookmark"},
    {'+', CMD_ZOOM, false, 1, "+ -", "zoom the map"},
    {'-', CMD_ZOOM, false, -1, NULL, NULL},
    {'>', CMD_TIME_ZOOM, false, 1, "< >", "zoom the timeline"},
    {'<', CMD_TIME_ZOOM, false, -1, NULL, NULL},
    {'d', CMD_COMPARE, false, 0, "d", "compare with another address space"},
    {KEY_DOWN, CMD_SCROLL, false, 1, "↑ ↓ PgUp PgDn", "scroll"},
    {KEY_UP, CMD_SCROLL, false, -1, NULL, NULL},
    {KEY_PAGE_DOWN, CMD_SCROLL, true, 10, NULL, NULL},
    {KEY_PAGE_UP, CMD_SCROLL, true, -10, NULL, NULL},
    {'\n', CMD_TOUR, false, 1, "Enter", "the next chapter; Backspace: the one before"},
    {'\b', CMD_TOUR, false, -1, NULL, NULL},
    {'t', CMD_THEME, false, 0, "t", "dark or light"},
    {KEY_F1 + 8, CMD_SAVE, true, 0, "F9", "save the screen: a picture, and its text"},
    {'R', CMD_RESTART, false, 0, "R", "start the machine again"},
    {'?', CMD_HELP, false, 0, "?", "these keys; hovering explains everything"},
    {KEY_F1 + 11, CMD_HELP, true, 0, NULL, NULL},
    {'q', CMD_QUIT, false, 0, "q", "leave"},
    {0, 0, false, 0, NULL, NULL},
};
/* clang-format on */

const struct key_binding *key_find(uint32_t key, bool only_always)
{
    for (const struct key_binding *k = key_bindings; k->key; k++)
        if (k->key == key && (k->always || !only_always))
            return k;
    return NULL;
}

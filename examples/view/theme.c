/*
 * theme.c - two tables of colours.
 */
#include "theme.h"

static const uint32_t colors[2][ROLE_COUNT] = {
    [THEME_DARK] =
        {
            [ROLE_BACK] = 0x14171c,
            [ROLE_PANEL] = 0x1d2229,
            [ROLE_RULE] = 0x3a424d,
            [ROLE_ABSENT] = 0x272d35,
            [ROLE_DIM] = 0x8b96a5,
            [ROLE_TEXT] = 0xd3d9e1,
            [ROLE_STRONG] = 0xffffff,
            [ROLE_KERNEL] = 0x56b4e9,
            [ROLE_USER] = 0xe69f00,
            [ROLE_WRITE] = 0xcc79a7,
            [ROLE_EXEC] = 0x2fc39a,
            [ROLE_TABLE] = 0xa99cf0,
            [ROLE_GOOD] = 0x2fc39a,
            [ROLE_FAULT] = 0xff7a45,
            [ROLE_FLASH] = 0xf0e442,
            [ROLE_ACCENT] = 0xf5f7fa,
            [ROLE_ON] = 0x14171c,
        },
    [THEME_LIGHT] =
        {
            [ROLE_BACK] = 0xfbfaf7,
            [ROLE_PANEL] = 0xf0eee8,
            [ROLE_RULE] = 0xc4c0b6,
            [ROLE_ABSENT] = 0xe4e1d9,
            [ROLE_DIM] = 0x696d73,
            [ROLE_TEXT] = 0x2a2d31,
            [ROLE_STRONG] = 0x000000,
            [ROLE_KERNEL] = 0x0067a5,
            [ROLE_USER] = 0x9a6200,
            [ROLE_WRITE] = 0xa5427c,
            [ROLE_EXEC] = 0x00765a,
            [ROLE_TABLE] = 0x5f4fb8,
            [ROLE_GOOD] = 0x00765a,
            [ROLE_FAULT] = 0xc03d00,
            [ROLE_FLASH] = 0xb38f00,
            [ROLE_ACCENT] = 0x1c1f23,
            [ROLE_ON] = 0xfbfaf7,
        },
};

uint32_t theme_color(enum theme theme, enum role role)
{
    return colors[theme][role];
}

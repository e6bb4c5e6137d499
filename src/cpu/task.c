/*
 * task.c - hardware task switches (SDM vol. 3A, chapter 7).
 */
#include "cpu/task.h"

#include "cpu/access.h"

bool lc_task_switch(struct lc_cpu *c, const struct lc_desc *tss, enum lc_task_switch why,
                    uint64_t rip, uint64_t flags)
{
    (void)why;
    (void)rip;
    (void)flags;
    return lc_raise_selector(c, LC_VEC_GP, tss->sel);
}

bool lc_task_interrupt(struct lc_cpu *c, uint16_t sel, uint64_t flags, const struct lc_fault *f)
{
    (void)flags;
    (void)f;
    return lc_raise_selector(c, LC_VEC_GP, sel);
}

bool lc_task_find(struct lc_cpu *c, uint16_t sel, enum lc_task_switch why, struct lc_desc *tss)
{
    (void)why;
    return lc_desc_read(c, sel, LC_VEC_GP, tss);
}

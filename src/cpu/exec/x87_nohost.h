/*
 * x87_nohost.h - the names of x87_host.h where the host's unit is not used: lc_fp_x87() is false
 * there, and none of these is ever reached.
 */
#ifndef LC_CPU_EXEC_X87_NOHOST_H
#define LC_CPU_EXEC_X87_NOHOST_H

#define LC_HOST_X87(op, modrm)             ((void)0)
#define LC_HOST_X87_ST(op, modrm, i)       ((void)(i))
#define LC_HOST_X87_MOVE(i)                ((void)(i))
#define LC_HOST_X87_FLAGS(op, modrm, i, f) ((void)(i))
#define LC_HOST_X87_READ(insn, size, m)    ((void)(m))
#define LC_HOST_X87_WRITE(insn, size, m)   ((void)(m))

#endif

/*
 * tally_regs.h - the registers of the tally device, as its driver and its model see them.
 *
 * Tally is a device that exists nowhere else: a ticker, and an engine that computes the CRC-32 of a
 * piece of memory by itself.  All registers have 32 bits and are accessed as such.
 */
#ifndef TALLY_REGS_H
#define TALLY_REGS_H

#define TALLY_BASE 0xd0000000u /* where the example puts it */
#define TALLY_LINE 11u

#define TALLY_ID     0x00u /* read: TALLY_MAGIC */
#define TALLY_STATUS 0x04u /* read: what has happened; write: ones are cleared */
#define TALLY_ENABLE 0x08u /* read, write: which bits of STATUS pull the interrupt line */
#define TALLY_PERIOD 0x0cu /* read, write: nanoseconds between ticks; 0: none */
#define TALLY_TICKS  0x10u /* read: ticks since reset */
#define TALLY_FROM   0x14u /* read, write: physical address for the engine */
#define TALLY_LENGTH 0x18u /* read, write: bytes; writing starts the engine */
#define TALLY_CRC    0x1cu /* read: CRC-32 (IEEE 802.3), once SUM or ERROR is set */

#define TALLY_MAGIC 0x796c6174u /* "taly" */

/* Bits of STATUS and ENABLE. */
#define TALLY_TICK  0x1u
#define TALLY_SUM   0x2u /* the engine is done */
#define TALLY_ERROR 0x4u /* the engine met an address where no memory is */

#endif

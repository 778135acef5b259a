/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest program, linked at GUEST_BASE, as data of the VMM. */
	.section .rodata
	.balign	8
	.globl	guest_program, guest_program_end
guest_program:
	.incbin	GUEST_PROGRAM
guest_program_end:

	.section .note.GNU-stack, "", %progbits

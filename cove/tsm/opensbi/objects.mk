# SPDX-License-Identifier: BSD-2-Clause
#
# External platform for OpenSBI's build (PLATFORM_DIR=cove/tsm
# PLATFORM=opensbi).  OpenSBI's source stays as released: what has to be
# different there is reached through the linker's --wrap.

platform-genflags-y = -I$(src_dir) -I$(src_dir)/platform/generic/include
platform-ldflags-y = -Wl,--wrap=sbi_trap_handler
platform-ldflags-y += -Wl,--wrap=sbi_system_reset

# The portable part of the TSM; MBEDTLS names the source of its hash.
platform-genflags-y += -I$(platform_src_dir)/libc -I$(platform_src_dir)/../core
platform-genflags-y += -isystem $(MBEDTLS) -isystem $(MBEDTLS)/include
platform-objs-y += ../core/crypto/sha384.o
platform-objs-y += ../core/measure.o

platform-objs-y += platform.o
platform-objs-y += memory.o
platform-objs-y += pool.o
platform-objs-y += trap.o

FW_DYNAMIC=y
FW_JUMP=n
FW_PAYLOAD=n

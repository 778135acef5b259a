# SPDX-License-Identifier: BSD-2-Clause
#
# External platform for OpenSBI's build (PLATFORM_DIR=cove/tsm
# PLATFORM=opensbi).  OpenSBI's source stays as released: what has to be
# different there is reached through the linker's --wrap.

platform-genflags-y = -I$(src_dir) -I$(src_dir)/platform/generic/include
# OpenSBI relocates itself, but only what needs no symbol: a pointer in a table
# to what is exported would be 0.
platform-genflags-y += -fvisibility=hidden
platform-ldflags-y = -Wl,--wrap=sbi_trap_handler
platform-ldflags-y += -Wl,--wrap=sbi_system_reset
platform-ldflags-y += -Wl,--wrap=sbi_hart_pmp_configure
platform-genflags-y += -I$(platform_src_dir)/../../include

# The portable part of the TSM; MBEDTLS names the source of its hash.
platform-genflags-y += -I$(platform_src_dir)/libc -I$(platform_src_dir)/../core
platform-genflags-y += -isystem $(MBEDTLS) -isystem $(MBEDTLS)/include
platform-objs-y += ../core/crypto/sha384.o
TSM_CORE = $(notdir $(wildcard $(platform_src_dir)/../core/*.c))
platform-objs-y += $(TSM_CORE:%.c=../core/%.o)

platform-objs-y += platform.o
platform-objs-y += dma.o
platform-objs-y += memory.o
platform-objs-y += pool.o
platform-objs-y += trap.o

# The hart: its worlds, and the way into the TSM.
platform-objs-y += call.o
platform-objs-y += vector.o
platform-objs-y += ../hart/fp.o
platform-objs-y += ../hart/hart.o
platform-objs-y += ../hart/iommu.o
platform-objs-y += ../hart/log.o
platform-objs-y += ../hart/switch.o
platform-objs-y += ../hart/wall.o
platform-objs-y += ../hart/world.o

# Who serves the calls: the TSM, or what tests the hart's part of it.
ifeq ($(TSM_CHECK),y)
platform-objs-y += ../check/direct.o
else
platform-objs-y += setup.o
endif

FW_DYNAMIC=y
FW_JUMP=n
FW_PAYLOAD=n

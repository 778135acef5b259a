# SPDX-License-Identifier: GPL-2.0-only
#
# The front door.  Each target is a script in scripts/, which does its work
# inside the tool root; `make help' tells what there is.

MAKEFLAGS += --no-print-directory
export KDIR KSRC KERNEL DESTDIR

.DEFAULT_GOAL := help
.PHONY: help demo shell check check-fast check-full bench modules install \
	firmware deb lint update clean distclean

help:
	@echo 'For a first look:'
	@echo '  demo        boot a Linux guest under our kvm.ko, to its shell'
	@echo '  shell       a shell in the host, with our kvm.ko loaded'
	@echo '              (KVM=stock: with the distribution'\''s)'
	@echo
	@echo 'Building:'
	@echo '  modules     build kvm.ko; KDIR=... names other kernel headers'
	@echo '              (KERNEL=7.2, here and below: for Debian sid'\''s kernel)'
	@echo '  install     install it where modprobe finds it (DESTDIR=...)'
	@echo '  firmware    build the firmware'
	@echo '  deb         Debian packages: the module for DKMS, and the firmware'
	@echo '  update      look for newer packages of the tested kernel and QEMU'
	@echo '  clean       remove build/'
	@echo '  distclean   remove the cache of fetched and unpacked things, too'
	@echo
	@echo 'Testing:'
	@echo '  lint        checkpatch, sparse, warnings, include directions'
	@echo '  check-fast  lint, and one machine with a bit of everything'
	@echo '  check       what has to pass before a commit'
	@echo '  check-full  the same with every test at its full length'
	@echo '  bench       instructions per exit, ours against stock'

modules:
	@scripts/modules

install:
	@scripts/install

firmware:
	@scripts/firmware

deb:
	@scripts/deb

update:
	@scripts/fetch --again

demo: modules
	@scripts/enter scripts/demo

shell: $(if $(filter stock none,$(KVM)),,modules)
	@scripts/enter scripts/vm --kvm $(or $(KVM),ours)

lint:
	@scripts/enter scripts/check --only lint

check-fast:
	@scripts/enter scripts/check --level fast

check:
	@scripts/enter scripts/check

check-full:
	@scripts/enter scripts/check --level full

bench: modules firmware
	@scripts/enter selftests/bench/run

clean:
	@rm -rf build

distclean: clean
	@scripts/distclean

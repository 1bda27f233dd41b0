# SPDX-License-Identifier: GPL-2.0
# Front door to the kernel's build and to the project's scripts.
#
#   make                      newinet.ko for the running kernel
#   make KDIR=/path/to/build  ... for another; W=1 and C=2 pass through
#   make install              module, newinet-run and man pages (PREFIX, DESTDIR)
#   make uninstall            ... and away with them
#   make check                the tests; FULL=1 those that take long as well;
#                             ARCH=arm64|s390x KERNEL= SUITE= TEST= choose some
#   make fuzz                 the fuzzers, an hour; MINUTES= KERNEL= KIND= SEED=
#   make style                the static checks alone
#   make host                 module/core/ on this machine, without a kernel; SEED=
#                             COUNT= simulate more, COVERAGE=1 shows what is reached
#   make demo                 the demonstration
#   make bench                the benchmark; ROW= QUICK=1 KERNEL= OUT= HERE=1
#   make profile              instructions by function; ROW= KERNEL=
#   make deb                  Debian packages newinet-dkms, newinet-tools; OUT=
#   make clean
KDIR ?= /lib/modules/$(shell uname -r)/build
PREFIX ?= /usr/local
DEPMOD ?= depmod

# Byte order is part of what sparse is to look at.
ifneq ($(C),)
CF ?= -D__CHECK_ENDIAN__
export CF
endif

# Kernel modules go where the kernel looks, whatever PREFIX is.
MODULES_ROOT := $(if $(DESTDIR),INSTALL_MOD_PATH=$(DESTDIR))

all modules:
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

install: modules_install
	$(MAKE) -C scripts/run install PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)

modules_install: all
	$(MAKE) -C $(KDIR) M=$(CURDIR) $(MODULES_ROOT) DEPMOD=$(DEPMOD) modules_install

# A running module stays until it is removed.
uninstall:
	$(MAKE) -C scripts/run uninstall PREFIX=$(PREFIX) DESTDIR=$(DESTDIR)
	release=$$(cat $(KDIR)/include/config/kernel.release 2>/dev/null || uname -r) && \
		rm -f $(DESTDIR)/lib/modules/$$release/*/newinet.ko* && \
		$(if $(DESTDIR),:,$(DEPMOD) $$release)

clean:
	$(MAKE) -C $(KDIR) M=$(CURDIR) clean

check:
	@scripts/test/run $(if $(FULL),--full) $(addprefix --arch ,$(ARCH)) \
		$(addprefix --kernel ,$(KERNEL)) $(addprefix --suite ,$(SUITE)) $(TEST)

fuzz:
	@scripts/test/fuzz/fuzz $(addprefix --minutes ,$(MINUTES)) \
		$(addprefix --kernel ,$(KERNEL)) $(addprefix --kind ,$(KIND)) \
		$(addprefix --seed ,$(SEED))

host:
	@SEED='$(SEED)' COUNT='$(COUNT)' COVERAGE='$(COVERAGE)' scripts/host/check

style:
	@scripts/test/run --suite static

deb:
	@OUT='$(OUT)' scripts/debian/build

demo:
	scripts/demo/demo

bench:
	@scripts/bench/bench $(addprefix --kernel ,$(KERNEL)) $(if $(ROW),--row '$(ROW)') \
		$(if $(QUICK),--quick) $(if $(HERE),--here) $(addprefix --out ,$(OUT))

profile:
	@scripts/bench/profile $(addprefix --kernel ,$(KERNEL)) $(if $(ROW),--row '$(ROW)')

.PHONY: all modules install modules_install uninstall clean check fuzz host style deb demo \
	bench profile
